package xpm

import (
	"context"
	"encoding/xml"
	"net/http"

	"github.com/practicekit/offboarding/internal/transport"
)

// StaffAssignment puts a member of staff on a job, or on one task of it.
type StaffAssignment struct {
	Staff StaffUUID
	Task  JobTaskUUID // empty for the job as a whole
}

// AssignParams is what Assign changes. Something of it has to be set.
type AssignParams struct {
	Add           []StaffAssignment
	Remove        []StaffAssignment
	Manager       StaffUUID // empty to leave it as it is
	RemoveManager bool
	Partner       StaffUUID // empty to leave it as it is
	RemovePartner bool
}

type assignXML struct {
	XMLName       xml.Name        `xml:"Job"`
	ID            JobNumber       `xml:"ID"`
	UUID          JobUUID         `xml:"UUID,omitempty"`
	Add           []assignmentXML `xml:"add"`
	Remove        []assignmentXML `xml:"remove"`
	AddManager    *assignmentXML  `xml:"add-manager"`
	RemoveManager *assignmentXML  `xml:"remove-manager"`
	AddPartner    *assignmentXML  `xml:"add-partner"`
	RemovePartner *assignmentXML  `xml:"remove-partner"`
}

type assignmentXML struct {
	Staff StaffUUID   `xml:"uuid,attr,omitempty"`
	Task  JobTaskUUID `xml:"task-uuid,attr,omitempty"`
}

// Assign changes who works on a job, who manages it and whose it is as a partner,
// and returns the job as XPM now sees it. The page names who leaves a task by id
// and everyone else by uuid, which is held to be a slip: uuid is sent throughout.
//
// It is sent at most once; after ErrOutcomeUnknown, Get tells. A job that XPM
// does not know is ErrNotFound, and so is a member of staff ("Invalid staff
// identifier for add request"). Scope: practicemanager.job.
// https://developer.xero.com/documentation/api/practice-manager-3-1/jobs
func (s *JobService) Assign(ctx context.Context, job JobKey, p AssignParams) (Job, error) {
	const op = "Jobs.Assign"
	body := assignXML{ID: job.Number, UUID: job.UUID}
	switch {
	case !job.valid():
		return Job{}, invalid(op, "not a job number")
	case p.Manager != "" && p.RemoveManager || p.Partner != "" && p.RemovePartner:
		return Job{}, invalid(op, "a manager or partner is to be set and removed at once")
	}
	for _, list := range []struct {
		from []StaffAssignment
		to   *[]assignmentXML
	}{{p.Add, &body.Add}, {p.Remove, &body.Remove}} {
		for _, a := range list.from {
			if !validID(a.Staff) || a.Task != "" && !validID(a.Task) {
				return Job{}, invalid(op, "not a staff or task UUID")
			}
			*list.to = append(*list.to, assignmentXML(a))
		}
	}
	for _, role := range []struct {
		staff       StaffUUID
		remove      bool
		to, without **assignmentXML
	}{{p.Manager, p.RemoveManager, &body.AddManager, &body.RemoveManager}, {p.Partner, p.RemovePartner, &body.AddPartner, &body.RemovePartner}} {
		switch {
		case role.remove:
			*role.without = &assignmentXML{}
		case role.staff == "":
		case !validID(role.staff):
			return Job{}, invalid(op, "not a staff UUID")
		default:
			*role.to = &assignmentXML{Staff: role.staff}
		}
	}
	if len(p.Add)+len(p.Remove) == 0 && p.Manager == "" && p.Partner == "" && !p.RemoveManager && !p.RemovePartner {
		return Job{}, invalid(op, "nothing to change")
	}
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("job.api", "assign"), body)
	if err != nil {
		return Job{}, err
	}
	return s.one(ctx, r, job.Number)
}

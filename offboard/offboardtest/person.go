package offboardtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

// Person is an offboard.Operator who does in the practice what each task says,
// and answers truthfully: the staff of a practice whose systems offer nothing,
// or not everything, to programs. Who is asked to compare lists for bystanders
// (I12) has compared them and says yes.
type Person struct {
	Practice *Practice
	// Evidence is where the person finds the file that is to be filed.
	Evidence offboard.Evidence
	// Dir is where the person saves exported files.
	Dir string
	// Asked collects the tasks, in order.
	Asked []offboard.Task
}

// Ask does what the task says and answers it.
func (p *Person) Ask(ctx context.Context, t offboard.Task) (offboard.Answer, error) {
	p.Asked = append(p.Asked, t)
	answer := offboard.Answer{Yes: true, By: "Pat Example", Why: "asked to"}
	if t.Approval {
		return answer, nil
	}
	staff, err := nimbus.NewClient(nimbus.Config{
		BaseURL: "https://practice.example.com" + NimbusPath, Login: nimbus.Password(LoginCode, Password, nil),
		HTTPClient: &http.Client{Transport: p.Practice.Nimbus.Staff()},
	})
	if err != nil {
		return answer, err
	}
	if edition := string(p.Practice.Nimbus.Snapshot().Edition); slices.Contains(t.HandBack.Choices, edition) {
		answer.Choice = edition
		return answer, nil
	}
	switch t.Step {
	case offboard.StepResolve:
		answer.Yes = p.onGrid(t.Client) == 1
	case offboard.StepExportHistory:
		answer.File, answer.Count, err = p.export(ctx, staff, t)
	case offboard.StepFileHistory:
		err = p.file(ctx, staff, t)
	case offboard.StepCopyHistory:
		err = p.copyToXPM(t)
	case offboard.StepSuspendSignatures:
		err = p.suspend(ctx, staff, t.Client)
	case offboard.StepArchiveClient:
		err = p.archive(t.Client)
	case offboard.StepClearCustomField:
		p.Practice.SetXPMField(t.Client, p.Practice.world.XPMFilterField, nil)
	case offboard.StepCloseClient:
		p.Practice.MYOBAE.SetStatus(t.Client, myobae.StatusClosed)
	case offboard.StepClearExtraField:
		p.Practice.MYOBAE.SetExtraField(t.Client, p.Practice.world.FilterField, nil)
	case offboard.StepDeleteClient:
		err = p.deleteEntity(ctx, staff, t.Client)
	case offboard.StepFullClientSync:
		if strings.Contains(t.Where, "AutoMate") {
			err = p.Practice.sync(string(nimbus.SyncFull))
		}
	case offboard.StepAwaitSync:
		err = p.Practice.sync(string(nimbus.SyncRegular))
	case offboard.StepConfirmRemoved:
		answer.Choice, answer.Count, err = p.look(ctx, staff, t)
	case offboard.StepDisposeContacts:
		answer.Count, err = p.contacts(ctx, staff, t)
	case offboard.StepDisposeDocuments:
		answer.Count, err = p.documents(ctx, staff, t.Client)
	}
	return answer, err
}

// onGrid counts the entities on the Client Grid that have the code.
func (p *Person) onGrid(code string) (n int) {
	for _, c := range p.Practice.Nimbus.Snapshot().Clients {
		if strings.EqualFold(c.Code, code) {
			n++
		}
	}
	return n
}

func (p *Person) entity(code string) (nimbus.ClientID, nimbus.FolderID) {
	for _, c := range p.Practice.Nimbus.Snapshot().Clients {
		if c.Code == code {
			return c.ID, c.FolderID
		}
	}
	return "", ""
}

func (p *Person) export(ctx context.Context, staff *nimbus.Client, t offboard.Task) (file string, rows int, err error) {
	id, _ := p.entity(t.Client)
	export, err := staff.History.Export(ctx, id)
	if err != nil {
		return "", 0, err
	}
	defer export.Body.Close()
	data, err := io.ReadAll(export.Body)
	if err != nil {
		return "", 0, err
	}
	file = filepath.Join(p.Dir, t.Client+".csv")
	return file, export.Rows, os.WriteFile(file, data, 0o600)
}

// evidence reads the evidence file that the task names at the end of its first
// line. The name is its own, or the one that the task gives it.
func (p *Person) evidence(t offboard.Task) (name string, data []byte, err error) {
	words := strings.Fields(t.Do[0])
	file := words[len(words)-1]
	f, err := p.Evidence.Open(file)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err = io.ReadAll(f)
	return cmp.Or(told(t, "Name it "), path.Base(file)), data, err
}

// told is the rest of the line of the task that begins so.
func told(t offboard.Task, begin string) string {
	for _, line := range t.Do {
		if rest, ok := strings.CutPrefix(line, begin); ok {
			return rest
		}
	}
	return ""
}

// file uploads the exported history to the Client folder.
func (p *Person) file(ctx context.Context, staff *nimbus.Client, t offboard.Task) error {
	name, data, err := p.evidence(t)
	if err != nil {
		return err
	}
	_, folder := p.entity(t.Client)
	fields := map[string]string{}
	for _, name := range p.Practice.world.MandatoryFields {
		fields[name] = "Correspondence"
	}
	_, err = staff.Documents.Upload(ctx, folder, nimbus.Upload{
		Name: name, Path: told(t, "Put it into "), Size: int64(len(data)), SHA256: sha256.Sum256(data), Fields: fields,
		Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(data))), nil },
	})
	return err
}

func (p *Person) archive(code string) error {
	for _, c := range p.Practice.XPM.Clients() {
		if c.Code == code {
			p.Practice.XPM.SetArchived(c.UUID, true)
			return nil
		}
	}
	return fmt.Errorf("there is no client %s in XPM", code)
}

func (p *Person) deleteEntity(ctx context.Context, staff *nimbus.Client, code string) error {
	id, _ := p.entity(code)
	return staff.Clients.Delete(ctx, id)
}

// look says what the Client Grid shows, counts the e-mail jobs with Documents for
// Signature, or deletes the entity: whatever the task is.
func (p *Person) look(ctx context.Context, staff *nimbus.Client, t offboard.Task) (choice string, jobs int, err error) {
	id, _ := p.entity(t.Client)
	switch {
	case t.HandBack.Count:
		for _, j := range p.Practice.Nimbus.Snapshot().EmailJobs {
			if j.Client == t.Client && j.DocumentsForSignature > 0 {
				jobs++
			}
		}
		return "", jobs, nil
	case len(t.HandBack.Choices) == 0:
		return "", 0, p.deleteEntity(ctx, staff, t.Client)
	case id == "":
		return t.HandBack.Choices[0], 0, nil
	}
	return t.HandBack.Choices[1], 0, nil
}

// contacts deals with those that belong to no entity, as far as the task says,
// and counts who stays of them.
func (p *Person) contacts(ctx context.Context, staff *nimbus.Client, t offboard.Task) (stay int, err error) {
	do := strings.ToLower(strings.Join(t.Do, " "))
	revoke, remove := strings.Contains(do, "portal access"), strings.Contains(do, "delete")
	for _, c := range p.Practice.Nimbus.Snapshot().Contacts {
		if len(c.Related) > 0 || strings.Contains(t.ID, ":") && !strings.HasSuffix(t.ID, ":"+string(c.ID)) {
			continue
		}
		if revoke && err == nil {
			err = staff.Contacts.RemovePortalAccess(ctx, c.ID)
		}
		if remove && err == nil {
			err = staff.Contacts.Delete(ctx, c.ID)
		} else {
			stay++
		}
	}
	return stay, err
}

// documents presses Delete on the orphaned folder: what that does depends on the
// edition.
func (p *Person) documents(ctx context.Context, staff *nimbus.Client, code string) (int, error) {
	state := p.Practice.Nimbus.Snapshot()
	for _, f := range state.Folders {
		if f.Kind != nimbus.FolderOrphaned || !strings.HasPrefix(f.Code, code) {
			continue
		}
		if state.Edition == nimbus.EditionCDM {
			return f.Documents, staff.Folders.Archive(ctx, f.ID, f.Documents)
		}
		return f.Documents, staff.Folders.Delete(ctx, f.ID, f.Documents)
	}
	return 0, fmt.Errorf("there is no orphaned folder of %s", code)
}

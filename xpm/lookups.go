package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// CategoryService reads the categories of jobs that the practice has defined.
type CategoryService struct{ c *Client }

// TemplateService reads the job templates that the practice has defined.
type TemplateService struct{ c *Client }

// JobStateService reads the states of jobs that the practice has defined.
type JobStateService struct{ c *Client }

// JobStateUUID is the key of a state of jobs.
type JobStateUUID string

// Category is a category of jobs.
type Category struct {
	UUID  CategoryUUID `xml:"UUID"`
	Name  string       `xml:"Name"`
	Extra []Element    `xml:",any"` // elements that no field takes
}

// Template is a job template.
type Template struct {
	UUID  TemplateUUID `xml:"UUID"`
	Name  string       `xml:"Name"`
	Extra []Element    `xml:",any"` // elements that no field takes
}

// JobState is a state that a job can be in.
type JobState struct {
	UUID  JobStateUUID `xml:"UUID"`
	Name  string       `xml:"Name"`
	Extra []Element    `xml:",any"` // elements that no field takes
}

// List iterates over the categories of jobs. Its page is not published for
// version 3.1: the form is that of recorded answers of 3.0, with UUIDs.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.read.
func (s *CategoryService) List(ctx context.Context) iter.Seq2[Category, error] {
	return listOf(ctx, s.c, "Categories.List", transport.Path("category.api", "list"), nil, "Categories", "Category", func(d *xml.Decoder, start xml.StartElement) (Category, error) {
		v, err := element[Category](d, start)
		v.Name = strings.TrimSpace(v.Name)
		return v, unnamed(err, v.UUID, "a category")
	})
}

// List iterates over the job templates. Its page is not published for version
// 3.1: the form is that of recorded answers of 3.0, with UUIDs.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.read.
func (s *TemplateService) List(ctx context.Context) iter.Seq2[Template, error] {
	return listOf(ctx, s.c, "Templates.List", transport.Path("template.api", "list"), nil, "Templates", "Template", func(d *xml.Decoder, start xml.StartElement) (Template, error) {
		v, err := element[Template](d, start)
		v.Name = strings.TrimSpace(v.Name)
		return v, unnamed(err, v.UUID, "a template")
	})
}

// List iterates over the states of jobs. Its XML is not published: JobStates with
// JobState in it is assumed, after the JSON names of Xero's OpenAPI. An answer
// whose states have another name is an error, not an empty list.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.job.read.
func (s *JobStateService) List(ctx context.Context) iter.Seq2[JobState, error] {
	read := func(d *xml.Decoder, start xml.StartElement) (JobState, error) {
		if start.Name.Local != "JobState" {
			return JobState{}, malformed("one whose job states have another name")
		}
		v, err := element[JobState](d, start)
		v.Name = strings.TrimSpace(v.Name)
		return v, unnamed(err, v.UUID, "a job state")
	}
	return listOf(ctx, s.c, "JobStates.List", transport.Path("jobstate.api", "list"), nil, "JobStates", "", read)
}

// unnamed is err, or the error of something without id.
func unnamed[T ~string](err error, id T, what string) error {
	if err == nil && id == "" {
		return malformed(what + " without UUID")
	}
	return err
}

// UnmarshalText reads the id as XPM sends it.
func (u *JobStateUUID) UnmarshalText(b []byte) error { *u = lower[JobStateUUID](b); return nil }

package xpm_test

import (
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

const (
	bloggs       = xpm.ClientUUID("5e1f0014-7c3a-4b6d-9e20-a1b2c3d40014")
	relationship = xpm.RelationshipUUID("5e1f0013-7c3a-4b6d-9e20-a1b2c3d40013")
)

func shareholder() (xpm.RelationshipParams, xpm.ClientRelationship) {
	return xpm.RelationshipParams{
			ClientUUID: acme, RelatedClientUUID: bloggs, Type: xpm.RelationshipShareholder,
			RelationshipTerms: xpm.RelationshipTerms{NumberOfShares: "1000", StartDate: time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC), EndDate: time.Date(2013, 3, 31, 0, 0, 0, 0, time.UTC)},
		}, xpm.ClientRelationship{
			UUID: relationship, Type: "Shareholder", NumberOfShares: "1000", StartDate: date("2011-01-01T00:00:00"), EndDate: date("2013-03-31T00:00:00"),
			Client: xpm.ClientRef{UUID: acme, Name: "Acme Example Pty Ltd"}, RelatedClient: xpm.ClientRef{UUID: bloggs, Name: "Example Ltd"},
		}
}

func TestRelationships_Create(t *testing.T) {
	p, want := shareholder()
	_, err := recorded(t, "relationships_create_refused").Relationships.Create(t.Context(), p)
	checkError(t, err, xpm.ErrNotFound, "Invalid client identifier")

	got, err := recorded(t, "relationships_create").Relationships.Create(t.Context(), p)
	check(t, want, got, err)
	got, err = recorded(t, "relationships_create_status").Relationships.Create(t.Context(), p)
	check(t, xpm.ClientRelationship{}, got, err)

	for name, spoil := range map[string]func(*xpm.RelationshipParams){
		"no type":    func(p *xpm.RelationshipParams) { p.Type = "" },
		"no client":  func(p *xpm.RelationshipParams) { p.ClientUUID = "" },
		"no related": func(p *xpm.RelationshipParams) { p.RelatedClientUUID = "" },
		"to itself":  func(p *xpm.RelationshipParams) { p.RelatedClientUUID = "5E1F0009-7C3A-4B6D-9E20-A1B2C3D40009" },
	} {
		p, _ := shareholder()
		spoil(&p)
		t.Run(name, func(t *testing.T) {
			refuses(t, func(c *xpm.Client) error { _, err := c.Relationships.Create(t.Context(), p); return err })
		})
	}
}

func TestRelationships_Update(t *testing.T) {
	_, err := recorded(t, "relationships_update_not_found").Relationships.Update(t.Context(), relationship, xpm.RelationshipTerms{})
	checkError(t, err, xpm.ErrNotFound, "Invalid relationship identifier")

	_, want := shareholder()
	got, err := recorded(t, "relationships_update").Relationships.Update(t.Context(), relationship, xpm.RelationshipTerms{Percentage: "25", EndDate: time.Date(2013, 3, 31, 23, 0, 0, 0, time.UTC)})
	check(t, want, got, err)
	refuses(t, func(c *xpm.Client) error {
		_, err := c.Relationships.Update(t.Context(), "", xpm.RelationshipTerms{})
		return err
	})
}

func TestRelationships_Delete(t *testing.T) {
	checkError(t, recorded(t, "relationships_delete_not_found").Relationships.Delete(t.Context(), relationship), xpm.ErrNotFound, "Invalid relationship identifier")
	if err := recorded(t, "relationships_delete").Relationships.Delete(t.Context(), relationship); err != nil {
		t.Error(err)
	}
	refuses(t, func(c *xpm.Client) error { return c.Relationships.Delete(t.Context(), "") })
}

func TestRelationshipTypeOf(t *testing.T) {
	for label, want := range map[string]xpm.RelationshipType{
		"Director": xpm.RelationshipDirector, "Director of": xpm.RelationshipDirector, " public officer OF ": xpm.RelationshipPublicOfficer,
		"Parent": xpm.RelationshipParentOf, "Parent Of": xpm.RelationshipParentOf, "child of": xpm.RelationshipChildOf,
		"Appointor of": xpm.RelationshipAppointer, "Spouse": xpm.RelationshipSpouse, "Contact of": "Contact", "of": "of", "": "",
	} {
		if got := xpm.RelationshipTypeOf(label); got != want {
			t.Errorf("%q: %q", label, got)
		}
	}
}

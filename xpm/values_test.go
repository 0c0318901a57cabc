package xpm_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
)

func TestDateTime_UnmarshalText(t *testing.T) {
	for text, want := range map[string]time.Time{
		"":                     {},
		"soon":                 {},
		"2008-13-45":           {},
		"2008-09-12":           time.Date(2008, 9, 12, 0, 0, 0, 0, time.UTC),
		"20080912":             time.Date(2008, 9, 12, 0, 0, 0, 0, time.UTC),
		"2008-09-12T13:00:00":  time.Date(2008, 9, 12, 13, 0, 0, 0, time.UTC),
		"2008-09-12T13:00:00Z": time.Date(2008, 9, 12, 13, 0, 0, 0, time.UTC),
	} {
		var d xpm.DateTime
		if err := d.UnmarshalText([]byte(" " + text + "\n")); err != nil || !d.Time.Equal(want) || d.Text != text || d.IsZero() != (text == "") {
			t.Errorf("%q: %+v %v", text, d, err)
		}
	}
}

func TestFlag_UnmarshalText(t *testing.T) {
	for text, want := range map[string]xpm.Flag{"": "", "Perhaps": "Perhaps", " YES ": xpm.FlagYes, "true": xpm.FlagYes, "no": xpm.FlagNo, "False": xpm.FlagNo} {
		var f xpm.Flag
		if err := f.UnmarshalText([]byte(text)); err != nil || f != want || f.Bool() != (want == xpm.FlagYes) {
			t.Errorf("%q: %q %v", text, f, err)
		}
	}
}

// I8: a tax number that arrives whole is not kept whole.
func TestMaskedTaxNumber_UnmarshalText(t *testing.T) {
	for text, want := range map[string]xpm.MaskedTaxNumber{"": "", "12": "12", "******123": "******123", "987654 321": "*******321"} {
		var n xpm.MaskedTaxNumber
		if err := n.UnmarshalText([]byte(text)); err != nil || n != want {
			t.Errorf("%q: %q %v", text, n, err)
		}
	}
}

// The code is the key to the other system; space around it is not part of it.
func TestClients_Get_Trimmed(t *testing.T) {
	body := strings.Replace(archived, "<Name>Acme", "<ClientCode> ACME01\n</ClientCode><Name>\n Acme", 1)
	if got, err := newClient(t, ok(body)).Clients.Get(t.Context(), acme); err != nil || got.ClientCode != "ACME01" || got.Name != "Acme Pty Ltd" {
		t.Errorf("%v %q %q", err, got.ClientCode, got.Name)
	}
}

func TestClients_Get_UnknownElementsSurvive(t *testing.T) {
	body := strings.Replace(archived, "<Name>", `<Mood scale="3">calm<Since>2020</Since></Mood><Name>`, 1)
	got, err := newClient(t, ok(body)).Clients.Get(t.Context(), acme)
	if err != nil || len(got.Extra) != 1 {
		t.Fatalf("%v %+v", err, got.Extra)
	}
	mood := got.Extra[0]
	if mood.XMLName.Local != "Mood" || mood.Text != "calm" || mood.Attrs[0].Value != "3" || mood.Children[0].Text != "2020" {
		t.Errorf("%+v", mood)
	}
}

func TestNewClient_Config(t *testing.T) {
	ts := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})
	for name, config := range map[string]xpm.Config{
		"TenantID":    {TokenSource: ts, TenantID: " "},
		"TokenSource": {TenantID: tenant},
		"BaseURL":     {TenantID: tenant, TokenSource: ts, BaseURL: "http://api.xero.com/"},
	} {
		if c, err := xpm.NewClient(config); err == nil || c != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := xpm.NewClient(xpm.Config{TenantID: tenant, TokenSource: ts}); err != nil {
		t.Error(err)
	}
}

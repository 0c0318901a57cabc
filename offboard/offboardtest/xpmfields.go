package offboardtest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// addFields defines the custom fields that the world names.
func (p *Practice) addFields() {
	kinds := map[string]any{}
	if p.world.XPMFilterField != "" {
		kinds[p.world.XPMFilterField] = true
	}
	for _, c := range p.world.Clients {
		if c.XPM != nil {
			maps.Copy(kinds, c.XPM.Fields)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		typ := "Text"
		if _, ticked := kinds[name].(bool); ticked {
			typ = "Checkbox"
		}
		p.XPM.AddCustomField(xpmtest.CustomField{Name: name, Type: typ, UseClient: true})
	}
}

func (p *Practice) setFields(client string, values map[string]any) {
	for name, value := range values {
		text, _ := value.(string)
		if ticked, _ := value.(bool); ticked {
			text = strconv.FormatBool(ticked) // XPM leaves a box that is not ticked out
		}
		p.XPM.SetCustomValue("client", client, p.fieldID(name), text)
	}
}

func (p *Practice) fieldID(name string) string {
	for _, f := range p.XPM.CustomFields() {
		if f.Name == name {
			return f.UUID
		}
	}
	return ""
}

// SetXPMField gives the client with this code a value in a custom field of XPM,
// as a person does there: true, false, text, or nil for none.
func (p *Practice) SetXPMField(code, field string, value any) {
	for _, c := range p.XPM.Clients() {
		if c.Code == code {
			p.setFields(c.UUID, map[string]any{field: value})
		}
	}
}

// filtered reports whether Nimbus filters the clients of XPM and lets none with
// this code pass.
func (p *Practice) filtered(code string) bool {
	field := p.fieldID(p.world.XPMFilterField)
	known := false
	for _, c := range p.XPM.Clients() {
		if c.Code != code || p.world.XPMFilterField == "" {
			continue
		}
		value := p.XPM.CustomValue("client", c.UUID, field)
		if value != "" && !strings.EqualFold(value, "false") {
			return false
		}
		known = true
	}
	return known
}

package redact

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const text = "hunter-2"

func TestSecret_IsNeverShown(t *testing.T) {
	type holder struct {
		Key  Secret
		Attr Secret            `xml:",attr"`
		Keys map[string]Secret `xml:"-"`
	}
	h := holder{Key: text, Attr: text, Keys: map[string]Secret{"k": text}}
	shown := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s", "%U"} {
		shown[verb] = fmt.Sprintf(verb, Secret(text))
		shown["struct "+verb] = fmt.Sprintf(verb, h)
		shown["pointer "+verb] = fmt.Sprintf(verb, &h)
	}
	shown["error"] = fmt.Errorf("failed with %v", Secret(text)).Error()
	shown["String"] = Secret(text).String()
	shown["GoString"] = Secret(text).GoString()

	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	shown["json"] = string(data)
	data, err = xml.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	shown["xml"] = string(data)

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("x", "secret", Secret(text), "pointer", &h, slog.Group("g", "struct", h))
	}
	shown["slog"] = log.String()

	for how, s := range shown {
		if strings.Contains(s, text) || strings.Contains(s, fmt.Sprintf("%x", text)) {
			t.Errorf("%s shows the secret: %s", how, s)
		}
		if !strings.Contains(s, "[redacted]") {
			t.Errorf("%s does not say [redacted]: %s", how, s)
		}
	}
}

func TestSecret_Reveal(t *testing.T) {
	if got := Secret(text).Reveal(); got != text {
		t.Errorf("Reveal() = %q", got)
	}
}

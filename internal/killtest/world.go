package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const (
	leaving     = 3  // clients that are off-boarded; more would mostly wait for XPM's quota
	historyRows = 40 // of each
)

func code(i int) string { return fmt.Sprintf("LEAVE%02d", i) }

func clientsCSV() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "code,name")
	for i := range leaving {
		fmt.Fprintf(&b, "%s,Leaving Example %d\n", code(i), i)
	}
	return b.Bytes()
}

type object = map[string]any

// worldJSON is a practice in which every rule about contacts has its case: for
// each client one without a login (R14), one with (R15), one shared with a client
// that stays (R16), and one that all leaving clients share.
func worldJSON() ([]byte, error) {
	clients := []object{client("STAYS01", "Staying Example")}
	var contacts []object
	var all []string
	for i := range leaving {
		clients = append(clients, client(code(i), fmt.Sprint("Leaving Example ", i)))
		all = append(all, code(i))
		contacts = append(contacts,
			contact("Alex", false, code(i)), contact("Billie", true, code(i)), contact("Charlie", true, code(i), "STAYS01"))
	}
	contacts = append(contacts, contact("Dana", true, all...))
	return json.Marshal(object{"edition": "cdm", "sync": object{"takes": "300ms"}, "clients": clients, "contacts": contacts})
}

func client(code, name string) object {
	return object{"code": code, "name": name, "xpm": object{}, "nimbus": object{
		"integrated": true, "historyRows": historyRows,
		"documents": []object{{"name": "Letter.pdf", "content": "letter of " + code}, {"name": "Return.pdf", "content": "return of " + code}},
	}}
}

func contact(first string, login bool, codes ...string) object {
	return object{"firstName": first, "surname": "Example", "email": first + "@example.com", "login": login, "clients": codes}
}

package xpmtest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Document is a document of a client as the server holds it.
type Document struct {
	Title, Text, Folder, FileName, CreatedBy string
	Content                                  []byte
	Date                                     time.Time // zero means when it was added
}

func (s *Server) documentRoutes() []route {
	return []route{
		{"GET", "client.api/documents/{uuid}", s.documents},
		{"POST", "client.api/document", s.addDocument},
	}
}

// AddDocument adds a document to a client. It reports whether there is such a
// client.
func (s *Server) AddDocument(client string, d Document) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	client = strings.ToLower(client)
	if _, ok := s.clients[client]; !ok {
		return false
	}
	if d.Date.IsZero() {
		d.Date = time.Now()
	}
	d.Content = slices.Clone(d.Content)
	if s.filed == nil {
		s.filed = map[string][]Document{}
	}
	s.filed[client] = append(s.filed[client], d)
	return true
}

// Documents returns the documents of a client, in the order they were added.
func (s *Server) Documents(client string) []Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.filed[strings.ToLower(client)])
	for i := range all {
		all[i].Content = slices.Clone(all[i].Content)
	}
	return all
}

func (s *Server) documents(a *answering) {
	const method = "Documents"
	if _, ok := s.Client(a.id("uuid")); !ok {
		a.refuse(method, "Invalid client identifier")
		return
	}
	all := s.Documents(a.id("uuid"))
	x := begin(method, "OK")
	x.container(method, len(all), func(i int) {
		d := all[i]
		x.open("Document")
		x.text("Title", d.Title)
		x.text("Text", d.Text)
		x.text("Folder", d.Folder)
		x.text("Date", d.Date.UTC().Format("20060102"))
		x.text("CreatedBy", d.CreatedBy)
		x.set("FileName", d.FileName)
		x.text("URL", fmt.Sprintf("https://practicemanager.xero.com/document/%s/%d", a.id("uuid"), i+1))
		x.shut("Document")
	})
	a.send(x)
}

func (s *Server) addDocument(a *answering) {
	const method = "Document"
	n := a.body("Document")
	uuid := n.id("ClientUUID")
	content, err := base64.StdEncoding.DecodeString(n.at("Content"))
	d := Document{Title: n.at("Title"), Text: n.at("Text"), Folder: n.at("Folder"), FileName: n.at("FileName"), Content: content}
	c, ok := s.Client(uuid)
	refusal := ""
	switch {
	case !ok || c.Deleted:
		refusal = "Invalid client identifier"
	case d.Title == "" || d.FileName == "":
		refusal = "The document title and file name are required"
	case err != nil:
		refusal = "The document content is not valid"
	default:
		s.AddDocument(uuid, d)
	}
	s.effect("create-document", c.Code, uuid+"/"+d.FileName, false, refusal == "")
	if refusal != "" {
		a.refuse(method, refusal)
		return
	}
	x := begin(method, "OK")
	s.mu.Lock()
	id := s.newUUID()
	s.mu.Unlock()
	x.text("UUID", id)
	a.send(x)
}

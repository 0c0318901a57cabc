package nimbus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

// A file that is there is whole: it is written under another name, and gets its
// own only once the digest has been compared.
func ExampleDocumentService_Download() {
	save := func(ctx context.Context, c *nimbus.Client, id nimbus.DocumentID, file string) (err error) {
		body, err := c.Documents.Download(ctx, id)
		if err != nil {
			return err
		}
		defer body.Close()
		part, err := os.CreateTemp(filepath.Dir(file), ".part-*")
		if err != nil {
			return err
		}
		defer os.Remove(part.Name()) // which is gone by then if all went well
		_, err = io.Copy(part, body) // a broken or changed transfer is an error here
		if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
			return err
		}
		return os.Rename(part.Name(), file)
	}

	server := nimbustest.New(nimbustest.Config{})
	server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd"})
	id, err := server.AddDocument("SMIT0001", nimbustest.Document{Name: "letter.pdf", Content: []byte("Dear Ann")})
	if err != nil {
		log.Fatal(err)
	}
	c, err := nimbus.NewClient(nimbus.Config{
		BaseURL: "https://nimbus.example.com/", HTTPClient: &http.Client{Transport: server}, Login: nimbus.Password("", "", nil),
	})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "letters")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, string(id)) // named by the id, not by the server's name for it
	fmt.Println(save(context.Background(), c, id, file))
	content, err := os.ReadFile(file)
	fmt.Println(string(content), err)
	// Output:
	// <nil>
	// Dear Ann <nil>
}

// The server here is in memory; a real one has an address, which the practice
// knows, and a login that should remember refusals in a file.
func Example() {
	server := nimbustest.New(nimbustest.Config{LoginCode: "api-user", Password: "example"})
	server.AddClient(nimbustest.Client{Code: "SMIT0001", Name: "Smith Pty Ltd", HistoryRows: 2})

	c, err := nimbus.NewClient(nimbus.Config{
		BaseURL:    "https://nimbus.example.com/",
		HTTPClient: &http.Client{Transport: server},
		Login:      nimbus.Password("api-user", "example", nil),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	entities, err := c.Clients.FindByCode(ctx, "smit0001")
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entities {
		export, err := c.History.Export(ctx, e.ID)
		if err != nil {
			log.Fatal(err)
		}
		n, err := io.Copy(io.Discard, export.Body)
		export.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %s: %d rows, %d bytes\n", e.Code, e.Name, export.Rows, n)
	}
	// Output: SMIT0001 Smith Pty Ltd: 2 rows, 181 bytes
}

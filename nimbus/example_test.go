package nimbus_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

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

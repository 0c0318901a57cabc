package myobae_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/myobae/myobaetest"
)

// A client is found by its code, and closed as it was found.
func Example() {
	gateway := myobaetest.New(myobaetest.Config{Token: "token", AwaitOperator: true})
	gateway.AddClient(myobaetest.Client{Code: "SMITHJ01", Name: "Example Holdings Pty Ltd"})
	server := httptest.NewServer(gateway)
	defer server.Close()

	c, err := myobae.NewClient(myobae.Config{
		BaseURL:          server.URL,
		InsecureLoopback: true,
		TokenSource:      oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	found, err := c.Clients.FindByCode(ctx, "SMITHJ01")
	if err != nil || len(found) != 1 || found[0].Status != myobae.StatusOpen {
		fmt.Println("not exactly one open client:", len(found), err)
		return
	}
	result, err := c.Clients.Close(ctx, found[0].UID, myobae.CloseParams{
		RowVersion:   found[0].RowVersion,
		ExpectedCode: found[0].Code,
		Reason:       "Disengaged",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if result.Operation != nil {
		fmt.Println(result.Operation.State)
		gateway.CompleteOperations() // a person closes the client in AE
	}

	// Whatever an operation says, the client is the proof.
	closed, err := c.Clients.Get(ctx, found[0].UID)
	fmt.Println(closed.Code, closed.Status, err)
	// Output:
	// AwaitingOperator
	// SMITHJ01 Closed <nil>
}

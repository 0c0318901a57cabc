package myobae_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/myobae"
)

var pending = myobae.Operation{UID: operationUID, State: myobae.OperationPending}

func TestOperations_Wait(t *testing.T) {
	inBubble := func(name string, run func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, run) })
	}
	inBubble("failed", func(t *testing.T) {
		got, err := recorded(t, "operations_wait_failed").Operations.Wait(t.Context(), pending, myobae.WaitOptions{})
		e := wantError(t, err, myobae.ErrOperationFailed)
		if e.Name != myobae.NameClientCannotBeClosed || e.Description != "The operator found a draft bill" || !errors.Is(err, myobae.ErrConflict) {
			t.Errorf("error is %+v", e)
		}
		if got.State != myobae.OperationFailed {
			t.Errorf("operation %+v", got)
		}
	})
	inBubble("failed before", func(t *testing.T) {
		failed := myobae.Operation{UID: operationUID, State: myobae.OperationFailed, Name: "SomethingNew", Message: "no"}
		_, err := silent(t).Operations.Wait(t.Context(), failed, myobae.WaitOptions{})
		if e := wantError(t, err, myobae.ErrOperationFailed); e.Name != "SomethingNew" {
			t.Errorf("error is %+v", e)
		}
	})
	inBubble("not known", func(t *testing.T) {
		got, err := recorded(t, "operations_get_notfound").Operations.Wait(t.Context(), pending, myobae.WaitOptions{})
		wantError(t, err, myobae.ErrNotFound)
		wantDiff(t, pending, got)
	})
	inBubble("the context ends", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		got, err := answering(t, 200, `{"UID":"`+string(operationUID)+`","State":"AwaitingOperator"}`).Operations.Wait(ctx, pending, myobae.WaitOptions{})
		wantError(t, err, context.DeadlineExceeded)
		if !strings.Contains(err.Error(), "still AwaitingOperator") || got.State != myobae.OperationAwaitingOperator {
			t.Errorf("operation %+v, error %v", got, err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
	for name, call := range map[string]struct {
		o       myobae.Operation
		options myobae.WaitOptions
	}{
		"without a UID":       {myobae.Operation{State: myobae.OperationPending}, myobae.WaitOptions{}},
		"with a negative":     {pending, myobae.WaitOptions{Interval: -1}},
		"with a negative max": {pending, myobae.WaitOptions{MaxInterval: -1}},
	} {
		inBubble(name, func(t *testing.T) {
			_, err := silent(t).Operations.Wait(t.Context(), call.o, call.options)
			wantError(t, err, myobae.ErrInvalid)
		})
	}
	inBubble("until the operator", func(t *testing.T) {
		answers := []string{"Pending", "AwaitingOperator"}
		c := over(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			state := answers[0]
			answers = answers[1:]
			return respond(r, `{"UID":"`+string(operationUID)+`","State":"`+state+`"}`), nil
		}))
		got, err := c.Operations.Wait(t.Context(), pending, myobae.WaitOptions{UntilOperator: true})
		if err != nil || got.State != myobae.OperationAwaitingOperator {
			t.Errorf("operation %+v, error %v", got, err)
		}
	})
	inBubble("succeeded before", func(t *testing.T) {
		done := myobae.Operation{UID: operationUID, State: myobae.OperationSucceeded}
		if got, err := silent(t).Operations.Wait(t.Context(), done, myobae.WaitOptions{}); err != nil || got != done {
			t.Errorf("operation %+v, error %v", got, err)
		}
	})
	inBubble("through every state", func(t *testing.T) {
		began := time.Now()
		got, err := recorded(t, "operations_wait").Operations.Wait(t.Context(), pending, myobae.WaitOptions{})
		if err != nil || got.State != myobae.OperationSucceeded {
			t.Errorf("operation %+v, error %v", got, err)
		}
		if took := time.Since(began); took != (2+4+8+16)*time.Second {
			t.Errorf("took %s", took)
		}
	})
	inBubble("intervals grow up to the longest", func(t *testing.T) {
		var waits []time.Duration
		last := time.Now()
		c := over(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			waits = append(waits, time.Since(last))
			last = time.Now()
			state := "Pending"
			if len(waits) == 5 {
				state = "Succeeded"
			}
			return respond(r, `{"UID":"`+string(operationUID)+`","State":"`+state+`"}`), nil
		}))
		_, err := c.Operations.Wait(t.Context(), pending, myobae.WaitOptions{Interval: 3 * time.Second, MaxInterval: 7 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{3 * time.Second, 6 * time.Second, 7 * time.Second, 7 * time.Second, 7 * time.Second}
		if diff := cmp.Diff(want, waits); diff != "" {
			t.Error(diff)
		}
	})
}

package sim

import (
	"context"
	"iter"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

// Nobody in this practice owes anything or is owed anything: its lists of
// invoices and of time cost a call and are empty.

type xpmInvoices struct{ *door }

func (x xpmInvoices) Current(ctx context.Context, _ xpm.InvoiceOptions) iter.Seq2[xpm.Invoice, error] {
	return emptyList[xpm.Invoice](ctx, x.door, "Invoices.Current")
}

func (x xpmInvoices) Draft(ctx context.Context, _ xpm.InvoiceOptions) iter.Seq2[xpm.Invoice, error] {
	return emptyList[xpm.Invoice](ctx, x.door, "Invoices.Draft")
}

type xpmTimes struct{ *door }

func (x xpmTimes) List(ctx context.Context, _, _ time.Time, _ xpm.TimeOptions) iter.Seq2[xpm.TimeEntry, error] {
	return emptyList[xpm.TimeEntry](ctx, x.door, "Times.List")
}

func emptyList[T any](ctx context.Context, d *door, op string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		_, err := reach(ctx, d, read(XPM, op, "", -1), func(*state) (struct{}, bool, error) { return struct{}{}, false, nil })
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

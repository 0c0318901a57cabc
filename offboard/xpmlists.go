package offboard

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/xpm"
)

// XPM grants 5,000 calls a day, so nothing that preflight wants to know costs a
// call for each client: it comes from lists of the whole practice, each read once
// a session, and only if a finding wants it. Of each only counts are kept.
//
//	client.api/list       resolve; the first one detailed for clientGroups and relationships
//	job.api/current       openJobs, unbilledTime
//	time.api/list         unbilledTime
//	invoice.api/current   unpaidInvoices
//	invoice.api/draft     draftInvoices
//
// None of them asks for some elements only. How XPM takes that is assumed, and an
// entry whose invoice were left out would count as one that has none.

// preflightLists is how many lists preflight reads in XPM, beside that of resolve.
func (s Spec) preflightLists() (n int) {
	for _, names := range [][]FindingName{{FindingOpenJobs, FindingUnbilledTime}, {FindingUnbilledTime}, {FindingUnpaidInvoices}, {FindingDraftInvoices}} {
		if slices.ContainsFunc(names, s.Policy.wants) {
			n++
		}
	}
	return n
}

// tally is what a list of XPM told of each client. Unread says why it could not
// be read, or not be told apart by client.
type tally struct {
	of     map[xpm.ClientUUID]int
	unread string
}

// errNoClient is an item that names no client, so that it could be anybody's.
var errNoClient = errors.New("an item of XPM's list names no client")

// tallyOf counts a list by client, as far as it counts an item at all: for how
// much. Only errors that another try may mend are returned.
func tallyOf[T any](list iter.Seq2[T, error], item func(T) (of xpm.ClientUUID, n int)) (tally, error) {
	counts := map[xpm.ClientUUID]int{}
	for one, err := range list {
		if err != nil {
			if why, ok := unreadable(err); ok {
				return tally{unread: why}, nil
			}
			return tally{}, err
		}
		of, n := item(one)
		if n != 0 && of == "" {
			return tally{unread: errNoClient.Error()}, nil
		}
		if n != 0 {
			counts[of] += n
		}
	}
	return tally{of: counts}, nil
}

// openWork is the current jobs, and the time on them that nobody was billed for.
type openWork struct {
	jobs    tally
	time    tally                  // time sheet entries
	minutes map[xpm.ClientUUID]int // of those entries
}

// timeDays is how far back unbilled time is looked for: as much as one call tells.
const timeDays = 360

func (p practice) openWork(ctx context.Context, v View) (openWork, error) {
	return p.work.get(ctx, v.progress, 0, func() (openWork, error) { return p.readWork(ctx, v) })
}

func (p practice) readWork(ctx context.Context, v View) (openWork, error) {
	if p.XPM.Jobs == nil {
		why := "no program reads the jobs in XPM"
		return openWork{jobs: tally{unread: why}, time: tally{unread: why}}, nil
	}
	wantsTime := v.Spec.Policy.wants(FindingUnbilledTime)
	clientOf := map[string]xpm.ClientUUID{} // by job number; a time sheet entry names no more
	var w openWork
	var err error
	w.jobs, err = tallyOf(p.XPM.Jobs.Current(ctx, xpm.CurrentOptions{}), func(j xpm.Job) (xpm.ClientUUID, int) {
		if wantsTime {
			clientOf[jobKey(j.ID)] = j.Client.UUID
		}
		return j.Client.UUID, 1
	})
	switch {
	case err != nil || !wantsTime:
		return w, err
	case w.jobs.unread != "":
		w.time.unread = w.jobs.unread
		return w, nil
	case p.XPM.Times == nil:
		w.time.unread = "no program reads the time sheets in XPM"
		return w, nil
	}
	w.minutes = map[xpm.ClientUUID]int{}
	to := v.Now.AddDate(0, 0, 1) // where it is tomorrow already
	w.time, err = tallyOf(p.XPM.Times.List(ctx, to.AddDate(0, 0, 1-timeDays), to, xpm.TimeOptions{}), func(t xpm.TimeEntry) (xpm.ClientUUID, int) {
		of, current := clientOf[jobKey(t.Job.ID)]
		if !current || t.Billable == xpm.FlagNo || t.InvoiceTaskUUID != "" {
			return "", 0
		}
		if minutes, ok := number(t.Minutes); ok {
			w.minutes[of] += int(math.Round(minutes))
		}
		return of, 1
	})
	return w, err
}

// jobKey is a job number as it is compared.
func jobKey(n xpm.JobNumber) string { return strings.ToUpper(strings.TrimSpace(string(n))) }

// openInvoices are the invoices that are not sent, and those that are not paid.
type openInvoices struct{ drafts, unpaid tally }

func (p practice) openInvoices(ctx context.Context, v View) (openInvoices, error) {
	return p.invoices.get(ctx, v.progress, 0, func() (openInvoices, error) { return p.readInvoices(ctx, v) })
}

// readInvoices reads two lists. Whether the current invoices hold the drafts, XPM's
// documentation does not say: so drafts are counted in their own list only, and
// are right either way.
func (p practice) readInvoices(ctx context.Context, v View) (openInvoices, error) {
	if p.XPM.Invoices == nil {
		why := "no program reads the invoices in XPM"
		return openInvoices{drafts: tally{unread: why}, unpaid: tally{unread: why}}, nil
	}
	var in openInvoices
	var err error
	if v.Spec.Policy.wants(FindingDraftInvoices) {
		in.drafts, err = tallyOf(p.XPM.Invoices.Draft(ctx, xpm.InvoiceOptions{}), func(i xpm.Invoice) (xpm.ClientUUID, int) { return i.Client.UUID, 1 })
	}
	if err == nil && v.Spec.Policy.wants(FindingUnpaidInvoices) {
		in.unpaid, err = tallyOf(p.XPM.Invoices.Current(ctx, xpm.InvoiceOptions{}), func(i xpm.Invoice) (xpm.ClientUUID, int) {
			if unpaid(i) {
				return i.Client.UUID, 1
			}
			return "", 0
		})
	}
	return in, err
}

// unpaid reports whether money is outstanding, which includes that XPM does not
// say so.
func unpaid(i xpm.Invoice) bool {
	switch i.Status {
	case xpm.InvoiceStatusDraft, xpm.InvoiceStatusPaid, xpm.InvoiceStatusCancelled:
		return false
	}
	outstanding, ok := number(i.AmountOutstanding)
	return !ok || outstanding != 0
}

// number reads a decimal for a comparison or a sum of small ones.
func number(d xpm.Decimal) (float64, bool) {
	n, err := strconv.ParseFloat(string(d), 64)
	return n, err == nil
}

// Package paginate turns pages that are chained by tokens into one list. It
// holds one page at a time, and refuses chains that cannot be right: a token
// that comes again would never end, and an item that comes again shows that the
// pages shifted while they were read, so that another item may be missing.
package paginate

import (
	"context"
	"fmt"
	"iter"

	"github.com/practicekit/offboarding/internal/apierr"
)

// Fetch gets one page. The first token is empty, and an empty next token ends
// the list.
type Fetch[T any] func(ctx context.Context, token string) (items []T, next string, err error)

// All iterates over the items of all pages. It is lazy, starts anew each time it
// is ranged over, and ends after the first error, which comes with the zero item.
// The key tells items apart; items are compared with those of their own page and
// of the page before. Errors of its own wrap apierr.ErrInvalid.
func All[T any](ctx context.Context, fetch Fetch[T], key func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var tokens, before map[string]bool
		for token := ""; ; {
			items, next, err := fetch(ctx, token)
			if err != nil {
				yield(zero, err)
				return
			}
			page := make(map[string]bool, len(items))
			for _, item := range items {
				k := key(item)
				if page[k] || before[k] {
					yield(zero, fmt.Errorf("%w: an item came twice, so the pages shifted while they were read", apierr.ErrInvalid))
					return
				}
				page[k] = true
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if tokens[next] {
				yield(zero, fmt.Errorf("%w: a page token came twice", apierr.ErrInvalid))
				return
			}
			if tokens == nil {
				tokens = map[string]bool{}
			}
			tokens[next] = true
			token, before = next, page
		}
	}
}

// Collect returns the items of all pages, or the first error and no items.
func Collect[T any](all iter.Seq2[T, error]) ([]T, error) {
	items := []T{}
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

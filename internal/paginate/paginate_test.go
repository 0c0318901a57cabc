package paginate_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/paginate"
)

type page struct {
	items []int
	next  string
	err   error
}

// book fetches its pages by token and notes which were asked for.
func book(pages map[string]page, asked *[]string) paginate.Fetch[int] {
	return func(_ context.Context, token string) ([]int, string, error) {
		*asked = append(*asked, token)
		p := pages[token]
		return p.items, p.next, p.err
	}
}

func TestAll_refuses(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		pages map[string]page
		want  error
		calls int
	}{
		"token repeats at once": {map[string]page{"": {next: "a"}, "a": {items: []int{1}, next: "a"}}, apierr.ErrInvalid, 2},
		"token repeats later":   {map[string]page{"": {next: "a"}, "a": {next: "b"}, "b": {next: "a"}}, apierr.ErrInvalid, 3},
		"shifted":               {map[string]page{"": {items: []int{1, 2}, next: "a"}, "a": {items: []int{2, 3}}}, apierr.ErrInvalid, 2},
		"twice on a page":       {map[string]page{"": {items: []int{1, 1}}}, apierr.ErrInvalid, 1},
		"second page fails":     {map[string]page{"": {items: []int{1}, next: "a"}, "a": {err: broken}}, broken, 2},
	} {
		var asked []string
		items, err := paginate.Collect(paginate.All(t.Context(), book(tt.pages, &asked), strconv.Itoa))
		if !errors.Is(err, tt.want) || items != nil || len(asked) != tt.calls {
			t.Errorf("%s: %v, %v after %v", name, items, err, asked)
		}
	}
}

func TestAll(t *testing.T) {
	var asked []string
	all := paginate.All(t.Context(), book(map[string]page{
		"": {items: []int{1, 2}, next: "a"}, "a": {next: "b"}, "b": {items: []int{3}},
	}, &asked), strconv.Itoa)
	for range all {
		break
	}
	if !slices.Equal(asked, []string{""}) {
		t.Errorf("not lazy: %v", asked)
	}
	for range 2 { // it starts anew
		items, err := paginate.Collect(all)
		if err != nil || !slices.Equal(items, []int{1, 2, 3}) {
			t.Errorf("items = %v, %v", items, err)
		}
	}
	none, err := paginate.Collect(paginate.All(t.Context(), book(map[string]page{}, &asked), strconv.Itoa))
	if err != nil || none == nil || len(none) != 0 {
		t.Errorf("an empty list is %v, %v", none, err)
	}
}

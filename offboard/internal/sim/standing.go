package sim

import (
	"fmt"
	"strings"
)

// Standing describes where everything stands in words, a line for each client and
// each contact: what must be the same however often a run was killed. Ids that
// depend on the order of uploads are left out.
func (p *Practice) Standing() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.advance()
	var b strings.Builder
	fmt.Fprintf(&b, "edition %s\n", p.now.edition)
	for i, c := range p.now.clients {
		fmt.Fprintf(&b, "%s archived %t, deleted %t, closed %t, on the grid %t", p.cast.clients[i].code, c.archived, c.deleted, c.closed, c.onGrid)
		for _, at := range c.owned {
			f := p.now.folders[at]
			fmt.Fprintf(&b, "; folder %s %s, gone %t, %d files of %d", f.kind, f.code, f.gone, len(f.files), len(f.stored))
			for _, d := range f.stored {
				fmt.Fprintf(&b, " %s %.12s %t", p.now.documents[d].name, p.now.documents[d].sha256, p.now.documents[d].archived)
			}
		}
		b.WriteByte('\n')
	}
	for _, c := range p.now.contacts {
		fmt.Fprintf(&b, "%s gone %t, access %t, related to %d\n", c.surname, c.gone, c.access, len(c.related))
	}
	return b.String()
}

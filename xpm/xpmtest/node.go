package xpmtest

import (
	"encoding/xml"
	"strings"
)

// node is an element of a request, of any kind.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

// body reads the body of a request, which is one element of that name. Anything
// else is an element without children.
func (a *answering) body(root string) node {
	var n node
	if err := a.read(&n); err != nil || n.XMLName.Local != root {
		return node{}
	}
	return n
}

// child is the first child of that name, and whether there is one.
func (n node) child(name string) (node, bool) {
	for _, c := range n.Children {
		if c.XMLName.Local == name {
			return c, true
		}
	}
	return node{}, false
}

// all are the children of that name.
func (n node) all(name string) (found []node) {
	for _, c := range n.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
	}
	return found
}

// at is the text of a child, or of one within it: "Client", "UUID".
func (n node) at(path ...string) string {
	for _, name := range path {
		n, _ = n.child(name)
	}
	return strings.TrimSpace(n.Text)
}

// set puts the text of a child into v, if there is such a child.
func (n node) set(name string, v *string) {
	if c, ok := n.child(name); ok {
		*v = strings.TrimSpace(c.Text)
	}
}

// id is the text of a child in lower case.
func (n node) id(path ...string) string { return strings.ToLower(n.at(path...)) }

package frontier

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/frontier/token"
)

// List describes the tokens that the own authority acts by, those that it issued to others and those that contacts
// delegated to it, without their bytes, so that a reader of the list cannot use them. A token that cannot be read
// grants nothing and is left out. A token that a contact hands back is listed once, so that its identifier names it.
func (x *Index) List() []capability.TokenLine {
	x.mu.Lock()
	issued, held := x.state.AllIssued(), x.state.AllHeld()
	x.mu.Unlock()
	var lines []capability.TokenLine
	for _, i := range issued {
		role, peer := capability.TokenGiven, i.To
		if i.To == x.own {
			role, peer = capability.TokenOwn, aura.AuthorityID{}
		}
		lines = x.line(lines, i.Token, capability.TokenLine{Fact: i.ID, Role: role, Peer: peer})
	}
	for _, h := range held {
		lines = x.line(lines, h.Token, capability.TokenLine{Fact: h.ID, Role: capability.TokenHeld, Peer: h.From})
	}
	return lines
}

func (x *Index) line(lines []capability.TokenLine, encoded []byte, l capability.TokenLine) []capability.TokenLine {
	words, err := token.Read(encoded)
	if err != nil {
		return lines
	}
	l.Block = words.Blocks[len(words.Blocks)-1]
	if slices.ContainsFunc(lines, func(o capability.TokenLine) bool { return bytes.Equal(o.Block, l.Block) }) {
		return lines
	}
	opened, _ := token.Open(encoded, x.root)
	l.Issued = opened != nil
	l.Names, l.Code, l.Blocks = words.Names, words.Code, len(words.Blocks)
	x.mu.Lock()
	l.Revoked = x.state.Revoked(words.Blocks)
	x.mu.Unlock()
	return append(lines, l)
}

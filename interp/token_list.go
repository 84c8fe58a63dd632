package interp

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/interp/token"
)

// List returns what the own authority acts by, what it handed out and what was handed to it, without what would let
// somebody use a token. One that cannot be read is left out: it permits nothing. Each token is listed once, so that
// its identifier names it: a contact can hand a token back, and adds nothing by that.
func (t *Tokens) List() []capability.TokenLine {
	t.mu.Lock()
	issued, held := t.state.AllIssued(), t.state.AllHeld()
	t.mu.Unlock()
	var lines []capability.TokenLine
	for _, i := range issued {
		role, peer := capability.TokenGiven, i.To
		if i.To == t.own {
			role, peer = capability.TokenOwn, aura.AuthorityID{}
		}
		lines = t.line(lines, i.Token, capability.TokenLine{Fact: i.ID, Role: role, Peer: peer})
	}
	for _, h := range held {
		lines = t.line(lines, h.Token, capability.TokenLine{Fact: h.ID, Role: capability.TokenHeld, Peer: h.From})
	}
	return lines
}

func (t *Tokens) line(lines []capability.TokenLine, encoded []byte, l capability.TokenLine) []capability.TokenLine {
	words, err := token.Read(encoded)
	if err != nil {
		return lines
	}
	l.Block = words.Blocks[len(words.Blocks)-1]
	if slices.ContainsFunc(lines, func(o capability.TokenLine) bool { return bytes.Equal(o.Block, l.Block) }) {
		return lines
	}
	opened, _ := token.Open(encoded, t.root)
	l.Issued = opened != nil
	l.Names, l.Code, l.Blocks = words.Names, words.Code, len(words.Blocks)
	t.mu.Lock()
	l.Revoked = t.state.Revoked(words.Blocks)
	t.mu.Unlock()
	return append(lines, l)
}

package biscuit

import (
	"fmt"
	"unicode/utf8"

	"github.com/aura-runtime/aura/datalog"
)

// Block is the readable contents of one block of a token. It is not changed once made.
type Block struct {
	// Version is the version of the format that the block uses, 3 to 6.
	Version uint32
	// Context is free text for people; it takes no part in any decision.
	Context string
	// Symbols and PublicKeys are the block's additions to the tables that it refers to.
	Symbols    []string
	PublicKeys []PublicKey
	// External is the key of the third party that signed the block, nil if there is none.
	External *PublicKey
	// Program is the code of the block. It has no policies.
	Program datalog.Program
}

// Code returns the block's contents in text form, one statement a line.
func (b *Block) Code() string { return b.Program.Compact() }

// decodeBlock reads a block's contents. Tables are those of the token's holders so far; a block
// that is not of a third party extends them.
func decodeBlock(s *signedBlock, shared *tables) (*Block, error) {
	b := &Block{}
	own := shared
	if s.external != nil {
		b.External = &s.external.key
		own = newTables()
	}
	// Symbols may stand after their uses, so the statements wait for a second pass.
	if err := fields(s.payload, b.declaration); err != nil {
		return nil, err
	}
	if b.Version < version30 || b.Version > version33 {
		return nil, fmt.Errorf("%w: block of version %d", ErrVersion, b.Version)
	}
	if !utf8.ValidString(b.Context) {
		return nil, fmt.Errorf("%w: context is not UTF-8", ErrForm)
	}
	if err := own.extend(b.Symbols, b.PublicKeys); err != nil {
		return nil, err
	}
	d := decoder{own}
	if err := fields(s.payload, func(f field) error { return d.statement(f, &b.Program) }); err != nil {
		return nil, err
	}
	if v := requiredVersion(&b.Program); v > b.Version {
		return nil, fmt.Errorf("%w: block of version %d uses what came with %d", ErrVersion, b.Version, v)
	}
	return b, nil
}

// declaration reads the fields of a block that are no statements.
func (b *Block) declaration(f field) error {
	switch f.number {
	case 1:
		return repeated(f, &b.Symbols, func(s string) (string, error) { return s, nil })
	case 2:
		return text(f, &b.Context)
	case 3:
		return number(f, &b.Version)
	case 4, 5, 6, 7:
		return f.is(counted)
	case 8:
		return repeated(f, &b.PublicKeys, decodeKey)
	}
	return f.unknown()
}

// statement reads the fields of a block that are statements, or its scopes.
func (d decoder) statement(f field, p *datalog.Program) error {
	switch f.number {
	case 4:
		return repeated(f, &p.Facts, d.fact)
	case 5:
		return repeated(f, &p.Rules, d.rule)
	case 6:
		return repeated(f, &p.Checks, d.check)
	case 7:
		return repeated(f, &p.Scopes, d.scope)
	}
	return nil
}

// encodeBlock writes a program as a block's contents, adding missing symbols and keys to t. The
// version is the least that will do, but no less than floor.
func encodeBlock(p *datalog.Program, context string, floor uint32, t *tables) ([]byte, error) {
	if len(p.Policies) > 0 {
		return nil, fmt.Errorf("%w: a block has no policies", ErrForm)
	}
	symbols, keys := len(t.symbols), len(t.keys)
	e := encoder{tables: t}
	statements := e.statements(nil, p, 4)
	if e.err != nil {
		return nil, e.err
	}
	var b []byte
	for _, s := range t.symbols[symbols:] {
		b = appendBytes(b, 1, s)
	}
	if context != "" {
		b = appendBytes(b, 2, context)
	}
	b = appendNumber(b, 3, uint64(max(floor, requiredVersion(p))))
	b = append(b, statements...)
	for _, k := range t.keys[keys:] {
		b = appendBytes(b, 8, encodeKey(k))
	}
	return b, nil
}

package biscuit

import (
	"fmt"
	"math"

	"github.com/aura-runtime/aura/datalog"
)

// MaxSnapshotBytes is the most bytes that a snapshot may have.
const MaxSnapshotBytes = 16 << 20

// A snapshot is an authorizer as bytes: its blocks, its program and all facts derived so far. It
// carries no signatures, so it is as trustworthy as where it was kept. The schema measures time;
// here a nanosecond of it stands for a step. What limits memory is not part of the schema.

// Snapshot returns the authorizer in binary form. The error is [aura.Invalid] if the program holds
// what the format cannot.
func (a *Authorizer) Snapshot() ([]byte, error) {
	e := encoder{tables: newTables()}
	world := e.world(a)
	if e.err != nil {
		return nil, corrupt("biscuit.Snapshot", e.err)
	}
	limits := appendNumber(nil, 1, uint64(max(a.limits.Facts, 0)))
	limits = appendNumber(limits, 2, uint64(max(a.limits.Iterations, 0)))
	limits = appendNumber(limits, 3, uint64(max(a.limits.Steps, 0)))
	b := appendBytes(nil, 1, limits)
	b = appendNumber(b, 2, uint64(a.world.Spent()))
	return appendBytes(b, 3, world), nil
}

func (e *encoder) world(a *Authorizer) []byte {
	var blocks, policies, facts []byte
	for _, b := range a.blocks {
		blocks = appendBytes(blocks, 4, e.snapshotBlock(b))
	}
	own := &Block{Version: requiredVersion(a.program), Program: *a.program}
	blocks = appendBytes(blocks, 5, e.snapshotBlock(own))
	for i := range a.program.Policies {
		policies = appendBytes(policies, 6, e.policy(&a.program.Policies[i]))
	}
	for f := range a.Facts() {
		facts = appendBytes(facts, 7, e.generated(f))
	}
	b := appendNumber(nil, 1, version33)
	for _, s := range e.tables.symbols {
		b = appendBytes(b, 2, s)
	}
	for _, k := range e.tables.keys {
		b = appendBytes(b, 3, encodeKey(k))
	}
	b = append(append(append(b, blocks...), policies...), facts...)
	return appendNumber(b, 8, uint64(a.world.Rounds()))
}

func (e *encoder) snapshotBlock(b *Block) []byte {
	var m []byte
	if b.Context != "" {
		m = appendBytes(m, 1, b.Context)
	}
	m = appendNumber(m, 2, uint64(b.Version))
	m = e.statements(m, &b.Program, 3)
	if b.External != nil {
		m = appendBytes(m, 7, encodeKey(*b.External))
	}
	return m
}

// generated writes a fact with its origin. Stated facts are among them: reading them twice changes
// nothing.
func (e *encoder) generated(f datalog.Fact) (m []byte) {
	if f.Origin&datalog.Authorizer != 0 {
		m = appendBytes(m, 1, appendBytes(nil, 1, ""))
	}
	for _, b := range f.Origin.Blocks() {
		m = appendBytes(m, 1, appendNumber(nil, 2, uint64(b)))
	}
	return appendBytes(m, 2, e.fact(&f.Predicate))
}

// DecodeSnapshot restores an authorizer. The limits are those of the snapshot, but for
// o.Limits.Bytes; what was spent before is not counted. Its checks and policies are evaluated anew
// by [Authorizer.Authorize]. The error is [aura.Corrupt], or one of [NewAuthorizer].
func DecodeSnapshot(b []byte, o Options) (*Authorizer, error) {
	const op = "biscuit.DecodeSnapshot"
	if len(b) > MaxSnapshotBytes {
		return nil, corrupt(op, ErrSize)
	}
	var s snapshot
	var has, spent uint64
	err := fields(string(b), func(f field) error {
		has |= 1 << f.number
		switch f.number {
		case 1:
			return message(f, &o.Limits, o.decodeLimits)
		case 2:
			return number(f, &spent)
		case 3:
			return message(f, &s, decodeWorld)
		}
		return f.unknown()
	})
	if err == nil && has != 0b1110 {
		err = missing("snapshot", "limits, time or world")
	}
	if err != nil {
		return nil, corrupt(op, err)
	}
	a, err := newAuthorizer(s.blocks, &s.own.Program, o)
	if err != nil {
		return nil, err
	}
	for _, f := range s.facts {
		if err := a.world.AddFact(f.Origin, f.Predicate); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (o *Options) decodeLimits(s string) (datalog.Limits, error) {
	var v [4]uint64
	err := fields(s, func(f field) error {
		if f.number > 3 {
			return f.unknown()
		}
		return number(f, &v[f.number])
	})
	limit := func(v uint64) int { return int(min(v, math.MaxInt32)) }
	return datalog.Limits{Facts: limit(v[1]), Iterations: limit(v[2]), Steps: limit(v[3]), Bytes: o.Limits.Bytes}, err
}

// snapshot is the world of a snapshot as read.
type snapshot struct {
	tables   *tables
	blocks   []*Block
	own      *Block
	policies []datalog.Policy
	facts    []datalog.Fact
}

func decodeWorld(text string) (s snapshot, err error) {
	s.tables = newTables()
	var symbols []string
	var keys []PublicKey
	err = fields(text, func(f field) error {
		switch f.number {
		case 2:
			return repeated(f, &symbols, func(s string) (string, error) { return s, nil })
		case 3:
			return repeated(f, &keys, decodeKey)
		}
		return nil
	})
	if err == nil {
		err = s.tables.extend(symbols, keys)
	}
	if err == nil {
		err = fields(text, s.content)
	}
	switch {
	case err != nil:
		return s, err
	case s.own == nil:
		return s, missing("snapshot", "authorizer")
	}
	s.own.Program.Policies = s.policies
	for _, f := range s.facts {
		if !f.Origin.Within(datalog.BlocksBefore(len(s.blocks)) | datalog.Authorizer) {
			return s, fmt.Errorf("%w: fact of an unknown block", ErrForm)
		}
	}
	return s, nil
}

// content reads the fields of a world that refer to its tables.
func (s *snapshot) content(f field) error {
	d := decoder{s.tables}
	var version uint32
	var rounds uint64
	switch f.number {
	case 1:
		if f.value > version33 {
			return fmt.Errorf("%w: snapshot of version %d", ErrVersion, f.value)
		}
		return number(f, &version)
	case 2, 3:
		return nil
	case 4:
		if len(s.blocks) == datalog.MaxBlocks {
			return fmt.Errorf("%w: more than %d blocks", ErrSize, datalog.MaxBlocks)
		}
		return repeated(f, &s.blocks, d.snapshotBlock)
	case 5:
		return message(f, &s.own, d.snapshotBlock)
	case 6:
		return repeated(f, &s.policies, d.policy)
	case 7:
		return d.generated(f, &s.facts)
	case 8:
		return number(f, &rounds)
	}
	return f.unknown()
}

func (d decoder) snapshotBlock(s string) (*Block, error) {
	b := &Block{}
	err := fields(s, func(f field) error {
		switch f.number {
		case 1:
			return text(f, &b.Context)
		case 2:
			return number(f, &b.Version)
		case 3, 4, 5, 6:
			f.number++ // the statements of a block are numbered from 4
			return d.statement(f, &b.Program)
		case 7:
			b.External = &PublicKey{}
			return message(f, b.External, decodeKey)
		}
		return f.unknown()
	})
	return b, err
}

// generated reads facts that share one origin.
func (d decoder) generated(f field, into *[]datalog.Fact) error {
	if err := f.is(counted); err != nil {
		return err
	}
	var origins []datalog.Origin
	var facts []datalog.Predicate
	err := fields(f.bytes, func(f field) error {
		switch f.number {
		case 1:
			return repeated(f, &origins, decodeOrigin)
		case 2:
			return repeated(f, &facts, d.fact)
		}
		return f.unknown()
	})
	var o datalog.Origin
	for _, part := range origins {
		o |= part
	}
	if err == nil && o == 0 {
		err = missing("generated fact", "origin")
	}
	for _, p := range facts {
		*into = append(*into, datalog.Fact{Predicate: p, Origin: o})
	}
	return err
}

func decodeOrigin(s string) (o datalog.Origin, err error) {
	err = fields(s, func(f field) error {
		switch {
		case o != 0:
			return fmt.Errorf("%w: origin with two values", ErrForm)
		case f.number == 1 && f.bytes == "":
			o = datalog.Authorizer
			return f.once(counted)
		case f.number == 2 && f.value < datalog.MaxBlocks:
			o = datalog.Block(int(f.value))
			return f.once(varint)
		}
		return f.unknown()
	})
	if err == nil && o == 0 {
		err = missing("origin", "value")
	}
	return o, err
}

package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// maxRetired is how many versions of a protocol are remembered as replaced, the newest.
const maxRetired = 64

// current is in which version the sessions of a protocol begin, as the metadata keeps it.
type current struct {
	Active  [32]byte   `cbor:"1,keyasint,omitzero"`
	Retired [][32]byte `cbor:"2,keyasint,omitempty"`
}

// versionKey is where the metadata keeps in which version the sessions of a protocol begin.
func versionKey(protocol string) string { return "session.version/" + protocol }

// Versions are the versions of a protocol: each is the digest of its image with the least sizes of its families.
type Versions struct {
	Active  [32]byte   // in which sessions begin
	Known   [][32]byte // that this build has
	Retired [][32]byte // that an upgrade has replaced: no session begins in one
}

// Versions returns the versions of a protocol. It returns aura.NotFound for one that is not registered.
func (e *Engine) Versions(tc task.Context, protocol string) (Versions, error) {
	return ask(tc, e, func(task.Context) (Versions, error) { return e.versions(protocol) })
}

func (e *Engine) versions(protocol string) (v Versions, err error) {
	v.Known = e.options.Registry.Versions(protocol)
	if len(v.Known) == 0 {
		return v, aura.Errorf("session.Versions", aura.NotFound, "no protocol %s is registered", protocol)
	}
	now := e.current[protocol]
	v.Active, v.Retired = v.Known[0], now.Retired
	if now.Active != ([32]byte{}) {
		v.Active = now.Active
	}
	return v, nil
}

// MayChange returns why sessions of a protocol cannot begin in another version from here on: aura.Stale when they begin in another one than
// from, or when an upgrade has replaced to before, and aura.NotFound for a version that is not here.
func (e *Engine) MayChange(tc task.Context, protocol string, from, to [32]byte) error {
	const op = "session.MayChange"
	v, err := e.Versions(tc, protocol)
	switch {
	case err != nil:
		return err
	case v.Active != from:
		return aura.Errorf(op, aura.Stale, "its sessions begin in another version than the one before the change")
	case !slices.Contains(v.Known, to):
		return aura.Errorf(op, aura.NotFound, "it does not have the new version")
	case slices.Contains(v.Retired, to):
		return aura.Errorf(op, aura.Stale, "the new version was replaced before")
	}
	return nil
}

// Change returns what makes an upgrade durable: it goes into the batch with the upgrade's fact. [Engine.Activate] has the
// engine follow. It returns aura.Stale when sessions begin in another version than from, unless it is to already.
func (e *Engine) Change(tc task.Context, protocol string, from, to [32]byte) (guard.Meta, error) {
	return ask(tc, e, func(task.Context) (guard.Meta, error) {
		v, err := e.versions(protocol)
		if err != nil {
			return guard.Meta{}, err
		}
		next := current{Active: to, Retired: v.Retired}
		switch v.Active {
		case to:
		case from:
			next.Retired = append(slices.Clone(v.Retired), from)
			next.Retired = next.Retired[max(0, len(next.Retired)-maxRetired):]
		default:
			return guard.Meta{}, aura.Errorf("session.Change", aura.Stale, "sessions of %s begin in version %x, not %x", protocol, v.Active[:4], from[:4])
		}
		return guard.Meta{Key: versionKey(protocol), Value: encode(next)}, nil
	})
}

// Activate has sessions of a protocol begin in the version that the last durable [Engine.Change] names. Sessions that run keep theirs.
func (e *Engine) Activate(tc task.Context, protocol string) error {
	_, err := settle(tc, e, func(task.Context) (struct{}, error) { return struct{}{}, e.activate(protocol) })
	return err
}

func (e *Engine) activate(protocol string) error {
	b, err := e.options.Journal.Meta(versionKey(protocol))
	if b == nil || err != nil {
		return err
	}
	var now current
	if err := decode(b, &now); err != nil {
		return aura.Errorf("session.Activate", aura.Corrupt, "the version of protocol %s is damaged: %w", protocol, err)
	}
	e.current[protocol] = now
	return nil
}

// goesWith decides whether a session may begin in a version: in the active one, or in another one in which the role understands, and is
// understood by, the active one. It returns aura.Stale for one that was replaced, and aura.Denied, with both versions, for one that
// does not fit.
func (e *Engine) goesWith(p *Protocol, role choreo.Role) error {
	const op = "session.Open"
	v, err := e.versions(p.ID())
	if err != nil || p.text.version == v.Active {
		return err
	}
	if slices.Contains(v.Retired, p.text.version) {
		return aura.Errorf(op, aura.Stale, "an upgrade has replaced version %x of protocol %s by version %x", p.text.version[:4], p.ID(), v.Active[:4])
	}
	differ := func(why error) error {
		return aura.Errorf(op, aura.Denied, "version %x of protocol %s does not go with version %x, which runs here: %w", p.text.version[:4], p.ID(), v.Active[:4], why)
	}
	here, err := e.options.Registry.sized(p.ID(), v.Active, p.sizes)
	if err != nil {
		return differ(err)
	}
	old, err := here.instance.Local(role)
	if err != nil {
		return differ(err)
	}
	updated, err := p.instance.Local(role)
	if err != nil {
		return differ(err)
	}
	if verdict, why := choreo.CompareLocal(old, updated); !verdict.Compatible() {
		return differ(why)
	}
	return nil
}

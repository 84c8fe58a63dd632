package session

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// maxRetired is how many versions of a protocol are remembered as replaced, the newest.
const maxRetired = 64

// current is in which version the sessions of a protocol begin, as the metadata keeps it.
type current struct {
	Active  [32]byte   `cbor:"1,keyasint,omitzero"`
	Retired [][32]byte `cbor:"2,keyasint,omitempty"`
	// By is the session that changes it. No other one may while that lives here.
	By aura.SessionID `cbor:"3,keyasint,omitzero"`
}

// versionKey is where the metadata keeps in which version the sessions of a protocol begin.
func versionKey(protocol string) string { return "session.version/" + protocol }

// Versions are the versions of a protocol: each is the digest of its image with the least sizes of its families.
type Versions struct {
	Active  [32]byte   // in which sessions begin: that of the last upgrade, if it is known
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
	if slices.Contains(v.Known, now.Active) {
		v.Active = now.Active
	} else if now.Active != ([32]byte{}) { // this build has dropped it: no session could begin
		v.Active = v.newest()
	}
	return v, nil
}

// newest returns the version in which sessions begin while that of the last upgrade is not here: the first known one that no upgrade has
// replaced or, when all are, the first.
func (v *Versions) newest() [32]byte {
	for _, known := range v.Known {
		if !slices.Contains(v.Retired, known) {
			return known
		}
	}
	return v.Known[0]
}

// fallBack notes of which protocols this build does not have the version that an upgrade made active. The metadata keeps that: a build that has it
// goes back to it.
func (e *Engine) fallBack(tc task.Context) error {
	var all []string
	for _, protocol := range slices.Sorted(maps.Keys(e.current)) {
		v, err := e.versions(protocol)
		if err != nil {
			return err
		}
		if was := e.current[protocol].Active; was != ([32]byte{}) && v.Active != was {
			err := aura.Errorf("session.Start", aura.NotFound, "sessions of protocol %s begin in version %x: this build does not have version %x, to which an upgrade had changed",
				protocol, v.Active[:4], was[:4])
			tc.Emit(world.ServiceTroubled(e.Name(), "sessions of a protocol begin in another version than its upgrade says", "", err))
			all = append(all, aura.Reason(err))
		}
	}
	e.fallbacks.Store(&all)
	return nil
}

// Fallbacks returns of which protocols sessions begin in another version than that of their last upgrade, and why. The caller must not
// change the slice.
func (e *Engine) Fallbacks() []string {
	if all := e.fallbacks.Load(); all != nil {
		return *all
	}
	return nil
}

// activate has sessions of a protocol begin in the version that the metadata names, and returns the metadata: nil when it names none.
func (e *Engine) activate(protocol string) ([]byte, error) {
	b, err := e.options.Journal.Meta(versionKey(protocol))
	if b == nil || err != nil {
		return nil, err
	}
	var now current
	if err := decode(b, &now); err != nil {
		return nil, aura.Errorf("session.Activate", aura.Corrupt, "the version of protocol %s is damaged: %w", protocol, err)
	}
	e.current[protocol] = now
	return b, nil
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

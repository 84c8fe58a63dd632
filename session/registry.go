package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// Protocol is a choreography that an agent can run.
type Protocol struct {
	manifest choreo.Manifest
	image    *machine.Image
	demands  []demands // by choreo.SiteID
}

// ID is the name by which agents agree on the protocol.
func (p *Protocol) ID() string { return p.manifest.ProtocolID }

// Version is the digest of the protocol's image. Two agents run a session only when theirs are equal.
func (p *Protocol) Version() [32]byte { return p.image.Digest() }

// Program plays one role of a session, from its beginning to its end. A failure that it returns ends the session.
// After a restart it runs again from its beginning, see the package comment.
type Program func(task.Context, *Port) error

type part struct {
	protocol string
	role     choreo.Role
}

// Registry knows the protocols of an agent and the programs of their roles. It does not change once an engine has it.
type Registry struct {
	protocols map[string]*Protocol
	programs  map[part]Program
	answers   map[part]Admit
	streams   map[string]oneWay
}

// NewRegistry returns a registry without protocols.
func NewRegistry() *Registry {
	return &Registry{
		protocols: map[string]*Protocol{}, programs: map[part]Program{}, answers: map[part]Admit{}, streams: map[string]oneWay{},
	}
}

// Add makes a protocol known. It returns aura.Conflict for a second one with its identifier, and aura.Invalid for one with a
// message that nothing would guard: each needs a capability, and observers that the leakage budget knows.
func (r *Registry) Add(i *choreo.Instance, defaults choreo.Defaults) error {
	const op = "session.Add"
	p := &Protocol{manifest: i.Protocol.Manifest(defaults)}
	if _, twice := r.protocols[p.ID()]; twice {
		return aura.Errorf(op, aura.Conflict, "protocol %s is registered twice", p.ID())
	}
	var err error
	if p.image, err = machine.CompileInstance(i); err != nil {
		return err
	}
	if p.demands, err = demandsOf(i); err != nil {
		return err
	}
	r.protocols[p.ID()] = p
	return nil
}

// Play names the program of a role. It returns aura.NotFound when the registry has no such protocol or the protocol no
// such role.
func (r *Registry) Play(protocol string, role choreo.Role, program Program) error {
	p, known := r.protocols[protocol]
	if !known {
		return aura.Errorf("session.Play", aura.NotFound, "no protocol %s is registered", protocol)
	}
	if _, known = p.image.Role(role); !known {
		return aura.Errorf("session.Play", aura.NotFound, "protocol %s has no role %s", protocol, role)
	}
	r.programs[part{protocol, role}] = program
	return nil
}

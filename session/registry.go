package session

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/compose"
	"github.com/aura-runtime/aura/machine/explore"
	"github.com/aura-runtime/aura/task"
)

// Protocol is a choreography that an agent can run, in one version and with one size of each of its families.
type Protocol struct {
	text     *text
	sizes    []Size
	instance *choreo.Instance
	image    *machine.Image
	composed compose.Composition // of the bundles that its text links
	demands  []demands           // by choreo.SiteID

	proving task.Mutex // of the fields below
	proved  bool
	proof   []machine.Evidence // of what the protocol requires
	walked  *explore.Report    // nil: nothing has needed it yet

	wasMeasured bool
	measured    *machine.Envelope // nil: waves are not admitted

	deciding task.Mutex // of the field below
	decided  *decided   // nil: no session of it was admitted yet
}

// ID is the name by which agents agree on the protocol.
func (p *Protocol) ID() string { return p.text.manifest.ProtocolID }

// Version is the digest of the protocol's image with these sizes. Two agents run a session only when theirs are equal.
func (p *Protocol) Version() [32]byte { return p.image.Digest() }

// Program plays one role of a session, from its beginning to its end. A failure that it returns ends the session.
// After a restart it runs again from its beginning, see the package comment.
type Program func(task.Context, *Port) error

// Size is how many members a family of roles has in a session.
type Size = view.Size

// MaxMembers is the most members that all families of a session have together.
const MaxMembers = view.MaxParts

// maxImages is how many sizes of one text the registry keeps compiled. Sessions that run keep their own.
const maxImages = 2 * MaxMembers

// SizesOf returns the sizes of a binding, by parameter.
func SizesOf(b choreo.Binding) []Size {
	var all []Size
	for parameter, n := range b {
		all = append(all, Size{Parameter: parameter, Members: uint16(min(max(n, 0), MaxMembers+1))})
	}
	slices.SortFunc(all, func(x, y Size) int { return cmp.Compare(x.Parameter, y.Parameter) })
	return all
}

// text is one version of a protocol, for families of any size.
type text struct {
	protocol *choreo.Protocol
	manifest choreo.Manifest
	version  [32]byte    // of the image with the least sizes: it names the text
	images   []*Protocol // that were asked for, the oldest first
}

type part struct {
	protocol string
	role     choreo.Role // or the name of its family
}

// Registry knows the protocols of an agent and the programs of their roles. Once an engine has it, it only compiles the sizes that
// sessions ask for.
type Registry struct {
	texts      map[string][]*text // by identifier, those of one protocol in the order in which they were added
	programs   map[part]Program
	answers    map[part]Admit
	concluders map[part]Concluder
	streams    map[string]oneWay

	lock task.Mutex // of the images
}

// NewRegistry returns a registry without protocols.
func NewRegistry() *Registry {
	return &Registry{texts: map[string][]*text{}, programs: map[part]Program{}, answers: map[part]Admit{}, concluders: map[part]Concluder{}, streams: map[string]oneWay{}}
}

// Add makes a version of a protocol known, with families of any size: those of the instance do not matter. The first version of a
// protocol is that in which sessions begin, until an upgrade has moved on to another one.
//
// It returns aura.Conflict for a version that it has, aura.Invalid for one with a message that nothing would guard:
// each needs a capability, and observers that the leakage budget knows, and the error of [compose.Link] for one whose bundles do not fit.
func (r *Registry) Add(i *choreo.Instance, defaults choreo.Defaults) error {
	const op = "session.Add"
	t := &text{protocol: i.Protocol, manifest: i.Protocol.Manifest(defaults)}
	least, err := t.compile(op, SizesOf(i.Protocol.ProbeBinding()))
	if err != nil {
		return err
	}
	t.version = least.Version()
	id := t.manifest.ProtocolID
	if slices.ContainsFunc(r.texts[id], func(o *text) bool { return o.version == t.version }) {
		return aura.Errorf(op, aura.Conflict, "protocol %s is registered twice", id)
	}
	r.texts[id] = append(r.texts[id], t)
	return nil
}

// Versions returns the versions of a protocol, in the order in which they were added: each is the digest of the image with the least
// sizes of its families.
func (r *Registry) Versions(protocol string) (all [][32]byte) {
	for _, t := range r.texts[protocol] {
		all = append(all, t.version)
	}
	return all
}

// Play names the program of a role, or of all members of a family, in all versions of a protocol: [Port.Session] says which of them
// it plays. It returns aura.NotFound when the registry has no such protocol or the protocol no such role.
func (r *Registry) Play(protocol string, role choreo.Role, program Program) error {
	if err := r.has("session.Play", protocol, role); err != nil {
		return err
	}
	r.programs[part{protocol, role}] = program
	return nil
}

// has returns aura.NotFound when the registry has no such protocol or the protocol no such role.
func (r *Registry) has(op aura.Op, protocol string, role choreo.Role) error {
	texts, known := r.texts[protocol]
	if !known {
		return aura.Errorf(op, aura.NotFound, "no protocol %s is registered", protocol)
	}
	has := func(f choreo.Family) bool { return f.Name == string(role) }
	if !slices.ContainsFunc(texts, func(t *text) bool { return slices.ContainsFunc(t.protocol.Families, has) }) {
		return aura.Errorf(op, aura.NotFound, "protocol %s has no role %s", protocol, role)
	}
	return nil
}

// program returns the program of a role, false when nothing plays it.
func (r *Registry) program(protocol string, role choreo.Role) (Program, bool) {
	family, _ := role.Family()
	program, known := r.programs[part{protocol, choreo.Role(family)}]
	return program, known
}

// sized returns a version of a protocol with sizes for its families. It returns aura.NotFound for one that is not here, and
// aura.Invalid for sizes that do not fit it.
func (r *Registry) sized(id string, version [32]byte, sizes []Size) (*Protocol, error) {
	const op = "session.Open"
	texts, known := r.texts[id]
	if !known {
		return nil, aura.Errorf(op, aura.NotFound, "no protocol %s is registered", id)
	}
	for _, t := range texts {
		if t.version == version {
			return r.with(op, t, sizes)
		}
	}
	return nil, aura.Errorf(op, aura.NotFound, "protocol %s is not here in version %x", id, version[:4])
}

// image returns the version of a protocol whose image with these sizes has a digest. It returns aura.NotFound when there is none.
func (r *Registry) image(id string, digest [32]byte, sizes []Size) (*Protocol, error) {
	const op = "session.Open"
	texts, known := r.texts[id]
	if !known {
		return nil, aura.Errorf(op, aura.NotFound, "no protocol %s is registered", id)
	}
	for _, t := range texts {
		if p, err := r.with(op, t, sizes); err == nil && p.Version() == digest {
			return p, nil
		}
	}
	return nil, aura.Errorf(op, aura.NotFound, "protocol %s is not here in version %x", id, digest[:4])
}

// with returns a text with sizes.
func (r *Registry) with(op aura.Op, t *text, sizes []Size) (*Protocol, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, p := range t.images {
		if slices.Equal(p.sizes, sizes) {
			return p, nil
		}
	}
	p, err := t.compile(op, sizes)
	if err != nil {
		return nil, err
	}
	if len(t.images) == maxImages {
		t.images = slices.Delete(t.images, 0, 1)
	}
	t.images = append(t.images, p)
	return p, nil
}

// compile makes the image of a text with sizes, which must name each of its parameters.
func (t *text) compile(op aura.Op, sizes []Size) (*Protocol, error) {
	binding, members := choreo.Binding{}, 0
	for _, s := range sizes {
		if _, twice := binding[s.Parameter]; twice {
			return nil, aura.Errorf(op, aura.Invalid, "protocol %s: family %.40q has two sizes", t.manifest.ProtocolID, s.Parameter)
		}
		binding[s.Parameter] = int(s.Members)
		members += int(s.Members)
	}
	if members > MaxMembers || len(binding) != len(t.protocol.ProbeBinding()) {
		return nil, aura.Errorf(op, aura.Invalid, "protocol %s: %d families with %d members: name each of %d families, with %d members at most",
			t.manifest.ProtocolID, len(binding), members, len(t.protocol.ProbeBinding()), MaxMembers)
	}
	i, err := t.protocol.Instantiate(binding)
	if err != nil {
		return nil, err
	}
	p := &Protocol{text: t, sizes: slices.Clone(sizes), instance: i}
	if p.image, err = machine.CompileInstance(i); err != nil {
		return nil, err
	}
	if p.composed, err = compose.Link(t.manifest.LinkSpecs, i.Global); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	if p.demands, err = demandsOf(i); err != nil {
		return nil, err
	}
	return p, nil
}

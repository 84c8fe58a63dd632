package auratest_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// The content of the frames of sessions but for the greeting, by the page of formats.
type (
	wireMessage struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Edge    uint32         `cbor:"2,keyasint,omitempty"`
		Seq     uint64         `cbor:"3,keyasint,omitempty"`
		Parcel  []byte         `cbor:"4,keyasint,omitempty"`
		Receipt []byte         `cbor:"5,keyasint,omitempty"`
	}
	wireParcel struct {
		From    uint16 `cbor:"1,keyasint,omitempty"`
		To      uint16 `cbor:"2,keyasint,omitempty"`
		Label   uint32 `cbor:"3,keyasint,omitempty"`
		Payload []byte `cbor:"4,keyasint,omitempty"`
	}
	wireConfirmation struct {
		Session aura.SessionID `cbor:"1,keyasint,omitzero"`
		Next    uint64         `cbor:"2,keyasint,omitempty"`
		Again   bool           `cbor:"3,keyasint,omitempty"`
	}
	wireRefusal struct {
		Session aura.SessionID  `cbor:"1,keyasint,omitzero"`
		Reason  session.Refusal `cbor:"2,keyasint,omitempty"`
		Seq     uint64          `cbor:"3,keyasint,omitempty"`
	}
)

// monitor judges the frames of a world in their order. A link has two sessions of delivery, and each other session is played by all of its roles
// on a machine of the monitor's own, which takes the messages that the wire has and no other.
type monitor struct {
	tc       task.Context
	texts    map[string][]*choreo.Protocol // by identifier
	delivery *session.Registry
	claims   map[aura.SessionID][]int // the events by which engines claimed a session, by their number in the world
	streams  map[way]*session.Stream
	sessions map[aura.SessionID]*observed
	greeted  map[greets]session.Greeting // the newest one
	seen     map[string]int              // frames, by protocol and label or kind
}

// way is one direction of a channel.
type way struct {
	channel     *channel
	fromDialler bool
}

// greets is a side of a channel and a session for which it greets.
type greets struct {
	way
	session aura.SessionID
}

// newMonitor returns a monitor that knows the protocols of agents, and further texts by their identifiers.
func newMonitor(tc task.Context, events []world.Event, more map[string][]string) (*monitor, error) {
	x := &monitor{
		tc: tc, texts: map[string][]*choreo.Protocol{}, delivery: session.NewRegistry(), claims: map[aura.SessionID][]int{},
		streams: map[way]*session.Stream{}, sessions: map[aura.SessionID]*observed{}, greeted: map[greets]session.Greeting{}, seen: map[string]int{},
	}
	for _, e := range protocols.All() {
		i, err := e.Instantiate()
		if err != nil {
			return nil, err
		}
		if x.texts[e.Defaults.ProtocolID] = []*choreo.Protocol{i.Protocol}; e.Defaults.ProtocolID == deliveryID {
			if err := x.delivery.AddStream(i, e.Defaults); err != nil {
				return nil, err
			}
		}
	}
	for id, texts := range more {
		for _, text := range texts {
			p, problems := choreo.Load(id, text)
			if err := problems.Err("dialogue"); err != nil {
				return nil, err
			}
			x.texts[id] = append(x.texts[id], p)
		}
	}
	for i, e := range events {
		if e.Family() != world.FamilySession || e.Message() != "claim" {
			continue
		}
		name, err := aura.ParseSessionID(e.Field("session_id"))
		if err != nil {
			return nil, err
		}
		x.claims[name] = append(x.claims[name], i)
	}
	return x, nil
}

const deliveryID = "aura.link.delivery"

// judge returns why a frame is neither a step of a session that was admitted nor of a kind that controls one.
func (x *monitor) judge(f *frame) error {
	kind, body := f.bytes[0], f.bytes[1:]
	switch kind {
	case session.FrameGreeting:
		return x.greeting(f, body)
	case session.FrameMessage:
		return x.message(f, body)
	case session.FrameConfirmation:
		return x.confirmation(f, body)
	case session.FrameRefusal:
		return x.refusal(f, body)
	}
	label := egress.LabelOf(kind)
	if label == "" {
		return fmt.Errorf("a frame of kind %d, which no table has", kind)
	}
	if f.channel.invited {
		return fmt.Errorf("%s on the channel of an invitation", label)
	}
	w := way{f.channel, f.fromDialler}
	s := x.streams[w]
	if s == nil {
		name := session.StreamName(f.channel.binding, f.fromDialler)
		if !x.claimed(name, f) {
			return fmt.Errorf("%s of a direction of a link that no engine claimed", label)
		}
		var err error
		if s, err = x.delivery.Stream(x.tc, aura.DeviceID{1}, name, deliveryID, false); err != nil {
			return err
		}
		x.streams[w] = s
	}
	x.seen[deliveryID+" "+label]++
	return s.Receive(label, f.bytes)
}

// claimed reports whether an engine had claimed a session before a frame left.
func (x *monitor) claimed(name aura.SessionID, f *frame) bool {
	return slices.ContainsFunc(x.claims[name], func(event int) bool { return event < f.events })
}

func (x *monitor) greeting(f *frame, body []byte) error {
	var g session.Greeting
	if err := fact.Unmarshal(body, &g); err != nil {
		return err
	}
	if g.Role == "" {
		x.seen["other version"]++
		return nil // it tells its version of a session that it does not play
	}
	if x.seen["greeting"]++; !x.claimed(g.Session, f) {
		return fmt.Errorf("a greeting for session %s, which no engine has claimed", aura.Short(g.Session))
	}
	p := x.sessions[g.Session]
	if p == nil {
		image, err := x.image(&g)
		if err != nil {
			return err
		}
		p = play(image)
		p.protocol = g.Protocol
		x.sessions[g.Session] = p
	}
	if p.protocol != g.Protocol || p.image.Digest() != g.Version {
		return fmt.Errorf("session %s in two versions", aura.Short(g.Session))
	}
	if _, known := p.image.Role(choreo.Role(g.Role)); !known {
		return fmt.Errorf("a greeting for role %s of %s", g.Role, g.Protocol)
	}
	x.greeted[greets{way{f.channel, f.fromDialler}, g.Session}] = g
	return nil
}

// image returns the image that a greeting names.
func (x *monitor) image(g *session.Greeting) (*machine.Image, error) {
	binding := choreo.Binding{}
	for _, s := range g.Sizes {
		binding[s.Parameter] = int(s.Members)
	}
	for _, p := range x.texts[g.Protocol] {
		i, err := p.Instantiate(binding)
		if err != nil {
			continue
		}
		image, err := machine.CompileInstance(i)
		if err != nil {
			return nil, err
		}
		if image.Digest() == g.Version {
			return image, nil
		}
	}
	return nil, fmt.Errorf("no protocol %q in version %.4x", g.Protocol, g.Version)
}

// of returns the session of a frame, which both sides of the channel must have greeted for when both is set, and the roles of its sender and of the
// other side.
func (x *monitor) of(f *frame, name aura.SessionID, both bool) (p *observed, from, to choreo.Role, err error) {
	here, greeted := x.greeted[greets{way{f.channel, f.fromDialler}, name}]
	there, answered := x.greeted[greets{way{f.channel, !f.fromDialler}, name}]
	switch {
	case !greeted && both, !answered:
		return nil, "", "", fmt.Errorf("session %s was not greeted for by both sides of the channel", aura.Short(name))
	case !x.claimed(name, f):
		return nil, "", "", fmt.Errorf("session %s was admitted by no engine", aura.Short(name))
	}
	return x.sessions[name], choreo.Role(here.Role), choreo.Role(there.Role), nil
}

func (x *monitor) message(f *frame, body []byte) error {
	var m wireMessage
	var parcel wireParcel
	if err := fact.Unmarshal(body, &m); err != nil {
		return err
	}
	if err := fact.Unmarshal(m.Parcel, &parcel); err != nil {
		return err
	}
	p, from, to, err := x.of(f, m.Session, true)
	if err != nil {
		return err
	}
	if got := p.image.RoleName(machine.RoleID(parcel.From)); got != from {
		return fmt.Errorf("a message of %s from who plays %s", got, from)
	}
	if got := p.image.RoleName(machine.RoleID(parcel.To)); got != to {
		return fmt.Errorf("a message to %s for who plays %s", got, to)
	}
	if len(m.Receipt) == 0 != f.channel.invited {
		return fmt.Errorf("a message with a receipt of %d bytes", len(m.Receipt))
	}
	edge := edge{machine.RoleID(parcel.From), machine.RoleID(parcel.To)}
	if m.Edge != uint32(edge.from)<<16|uint32(edge.to) {
		return fmt.Errorf("a message of another edge than its parcel")
	}
	switch n := uint64(len(p.said[edge])); {
	case m.Seq > n:
		return fmt.Errorf("message %d of an edge of session %s before message %d", m.Seq, aura.Short(m.Session), n)
	case m.Seq < n:
		if !bytes.Equal(p.said[edge][m.Seq], m.Parcel) {
			return fmt.Errorf("message %d of an edge of session %s in two forms", m.Seq, aura.Short(m.Session))
		}
		return nil
	}
	p.said[edge] = append(p.said[edge], m.Parcel)
	p.waiting[edge] = append(p.waiting[edge], parcel)
	x.seen[p.protocol+" "+p.image.Label(machine.LabelID(parcel.Label)).Name]++
	p.run()
	// Where several play, a message to one may overtake one to another, which its role sends first.
	if len(p.image.Roles()) == 2 && len(p.waiting[edge]) > 0 {
		return fmt.Errorf("%s is no step of session %s of %s as it stands", p.image.Label(machine.LabelID(parcel.Label)).Name, aura.Short(m.Session), p.protocol)
	}
	return nil
}

func (x *monitor) confirmation(f *frame, body []byte) error {
	var c wireConfirmation
	if err := fact.Unmarshal(body, &c); err != nil {
		return err
	}
	p, from, to, err := x.of(f, c.Session, true)
	if err != nil {
		return err
	}
	x.seen["confirmation"]++
	r, _ := p.image.Role(to)
	s, _ := p.image.Role(from)
	if n := len(p.said[edge{r, s}]); c.Next > uint64(n) {
		return fmt.Errorf("%d messages of session %s are confirmed, and %d were sent", c.Next, aura.Short(c.Session), n)
	}
	return nil
}

func (x *monitor) refusal(f *frame, body []byte) error {
	var r wireRefusal
	if err := fact.Unmarshal(body, &r); err != nil {
		return err
	}
	x.seen["refusal"]++
	_, _, _, err := x.of(f, r.Session, false)
	return err
}

// end returns a line for each edge with messages on the wire that were no step.
func (x *monitor) end() (all []string) {
	for name, p := range x.sessions {
		for e, waiting := range p.waiting {
			if len(waiting) > 0 {
				all = append(all, fmt.Sprintf("session %s of %s: %d messages of %s are no steps", aura.Short(name), p.protocol, len(waiting), p.image.RoleName(e.from)))
			}
		}
	}
	slices.Sort(all)
	return all
}

// compare compares the sessions on the wire with what agents kept of them: each was admitted by an engine that kept its steps, which are
// those on the wire.
func (x *monitor) compare(w *auratest.World, all []*auratest.Person) {
	w.Helper()
	for name, p := range x.sessions {
		if p.protocol == service.JournalSyncID {
			continue // nothing keeps it
		}
		kept := 0
		for _, person := range all {
			shown, err := person.Agent.Sessions().Trace(x.tc, name)
			if err != nil || shown.End == nil || shown.End.Kind != seen.EndCompleted {
				continue
			}
			kept++
			role, _ := p.image.Role(choreo.Role(shown.Session.Role))
			messages := uint64(0)
			for e, said := range p.said {
				if e.from == role || e.to == role {
					messages += uint64(len(said))
				}
			}
			if runs := shown.Session.Runs; runs == nil || shown.Session.Protocol != p.protocol || shown.Earlier+uint64(len(shown.Steps)) != messages {
				w.Errorf("%s: session %s of %s has %d messages on the wire, and was kept as %+v", person.Name, aura.Short(name), p.protocol, messages, shown)
			}
		}
		if kept < 2 {
			w.Errorf("session %s of %s was kept by %d agents", aura.Short(name), p.protocol, kept)
		}
	}
}

// counts returns how many frames of each kind there were, of a protocol or of all.
func (x *monitor) counts(prefix string) (n int) {
	for kind, count := range x.seen {
		if strings.HasPrefix(kind, prefix) {
			n += count
		}
	}
	return n
}

// edge is a directed pair of roles.
type edge struct{ from, to machine.RoleID }

// observed is a session of which the monitor plays all roles.
type observed struct {
	protocol string
	image    *machine.Image
	machine  *machine.Machine
	wake     func() error
	said     map[edge][][]byte     // the messages that were on the wire, each once
	waiting  map[edge][]wireParcel // those that were no step yet
}

func play(image *machine.Image) *observed {
	p := &observed{image: image, said: map[edge][][]byte{}, waiting: map[edge][]wireParcel{}}
	return p
}

// run lets the machine take the steps that the messages on the wire allow.
func (p *observed) run() {
	if p.machine == nil {
		p.open()
	}
	_ = p.wake()
	for p.machine.Status() == machine.StatusProgressing {
		_, _ = p.machine.Step()
	}
}

// open begins the session with all roles.
func (p *observed) open() {
	roles := p.image.Roles()
	p.machine = machine.New(p, machine.Options{MaxSessions: 1, MaxRoles: len(roles), MaxPayload: 64 << 10})
	held, err := p.machine.Open(p.image, machine.Opening{
		Owner: "monitor", Admission: machine.AdmitTrusted(p.image, machine.IntegrityBare, machine.ReplaySequence, 1), Roles: roles,
	})
	if err != nil {
		panic(err)
	}
	p.wake = func() error {
		for _, r := range roles {
			id, _ := p.image.Role(r)
			if err := p.machine.Wake(held, id); err != nil {
				return err
			}
		}
		return nil
	}
}

// Choose implements [machine.Host]: the branch of the next message on the edge.
func (p *observed) Choose(o machine.Offer) (int, machine.Answer) {
	next := p.waiting[edge{o.Role, o.Peer}]
	for i := range o.Len() {
		if len(next) > 0 && o.Label(i) == p.image.Label(machine.LabelID(next[0].Label)) {
			return i, machine.AnswerDone
		}
	}
	return 0, machine.AnswerDefer
}

// Payload implements [machine.Host]: a message that was on the wire.
func (p *observed) Payload(m machine.Message) (machine.Value, machine.Answer) {
	e := edge{m.Role, m.Peer}
	next := p.waiting[e]
	if len(next) == 0 || machine.LabelID(next[0].Label) != m.Label {
		return machine.Value{}, machine.AnswerDefer
	}
	p.waiting[e] = next[1:]
	return machine.Bytes(next[0].Payload), machine.AnswerDone
}

// Receive implements [machine.Host].
func (*observed) Receive(machine.Message, machine.Value) machine.Answer { return machine.AnswerDone }

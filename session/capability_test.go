package session

import (
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/compose"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// events are those that a world emitted.
type events struct{ all []world.Event }

func (e *events) Emit(event world.Event) { e.all = append(e.all, event) }

// of returns the events of a family.
func (e *events) of(f world.Family) (found []world.Event) {
	for _, event := range e.all {
		if event.Family() == f {
			found = append(found, event)
		}
	}
	return found
}

// deciding allows each request, and calls a function while it decides.
type deciding struct{ meanwhile func(task.Context) }

func (d *deciding) Decide(tc task.Context, _ *guard.Request) (effect.Result, error) {
	if d.meanwhile != nil {
		d.meanwhile(tc)
	}
	return effect.Result{}, nil
}

func (*deciding) EndSession(task.Context, aura.SessionID, ...journal.LogChange) error { return nil }

const talk = `
module talk exposing (Talk)

protocol Talk =
  roles One, Two
  One { guard_capability : "chat:send" } -> Two : Hello
  Two { guard_capability : "chat:send" } -> One : Bye
`

// talking runs an engine with one session in memory, whose program sends when it is told to.
func talking(t *testing.T, hardening machine.Hardening, fn func(tc task.Context, e *Engine, l *live, d *deciding, seen *events, send func() error)) error {
	t.Helper()
	p, problems := choreo.Load("talk.tell", talk)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, d := &events{}, &deciding{}
	var served error
	err = task.NewSim(1, task.SimOptions{Log: seen}).Run("test", func(tc task.Context) error {
		r := NewRegistry()
		if err := r.Add(i, choreo.Defaults{}); err != nil {
			return err
		}
		go1, sent := task.NewMailbox[struct{}]("go", 1), task.NewMailbox[error]("sent", 1)
		program := func(tc task.Context, p *Port) error {
			for {
				if _, err := go1.Recv(tc); err != nil {
					return err
				}
				if err := sent.Send(tc, p.Send(tc, "Two", "Hello", nil)); err != nil {
					return err
				}
			}
		}
		if err := r.Play("aura.talk.talk", "One", program); err != nil {
			return err
		}
		e := NewEngine(Options{Own: aura.AuthorityID{1}, Registry: r, Decider: d, Hardening: hardening})
		e.group = tc.Group()
		e.machine = machine.New(bridge{e}, machine.Options{Hardening: hardening})
		serving := task.NewGroup(tc, "engine")
		serving.Go("serve", func(tc task.Context) error {
			served = e.Serve(tc)
			return nil
		})
		o := Opening{Name: aura.SessionID{1}, Protocol: "aura.talk.talk", Role: "One", Parties: []Party{{Role: "Two", Authority: aura.AuthorityID{2}}}}
		if err := e.Open(tc, o); err != nil {
			return err
		}
		send := func() error {
			if err := go1.Send(tc, struct{}{}); err != nil {
				return err
			}
			err, failed := sent.Recv(tc)
			if failed != nil {
				return failed
			}
			return err
		}
		fn(tc, e, e.live[o.Name], d, seen, send)
		tc.Group().Cancel()
		_ = serving.Close(tc, time.Second)
		return nil
	})
	if err != nil && aura.KindOf(err) != aura.Cancelled {
		t.Fatal(err)
	}
	return served
}

// TestAWrongCapabilityIsRefusedBeforeTheMachineSeesIt (runtime document, "Session Ownership"; sessions.md section 5): stale, forged, foreign and
// of a scope that does not reach, each with its event; the session is as it was.
func TestAWrongCapabilityIsRefusedBeforeTheMachineSeesIt(t *testing.T) {
	_ = talking(t, machine.HardeningProduction, func(tc task.Context, e *Engine, l *live, _ *deciding, seen *events, send func() error) {
		issued := l.cap
		l.cap.Generation += 7 // as after changes of the owner
		good, was := l.cap, issued
		later, foreign, other, narrow, wide := good, good, good, good, good
		later.Generation++
		foreign.Session++
		other.Owner = "another actor"
		narrow.Scope = own.Fragments("protocol:another")
		l.cap.Scope = own.Fragments(l.protocol.image.Fragment(l.role))
		wide.Scope = own.Whole()
		audit := len(e.machine.Audit())
		for what, c := range map[string]struct {
			cap  own.Capability
			want aura.Kind
		}{
			"stale": {was, aura.Stale}, "of a generation to come": {later, aura.Denied}, "foreign": {foreign, aura.Denied},
			"of another owner": {other, aura.Denied}, "of another fragment": {narrow, aura.Denied}, "wider than it was issued": {wide, aura.Denied},
		} {
			before := len(seen.of(world.FamilyIngress))
			if err := l.allow(tc, "session.Send", c.cap); aura.KindOf(err) != c.want {
				t.Errorf("a capability %s: %v, want %v", what, err, c.want)
			}
			refused := seen.of(world.FamilyIngress)[before:]
			if len(refused) != 1 || refused[0].Message() != "rejected" || refused[0].Field("session_id") == "" || refused[0].Field("fragment_key") == "" {
				t.Errorf("a capability %s: the events are %v", what, refused)
			}
		}
		l.cap, good = issued, issued
		if err := l.allow(tc, "session.Send", good); err != nil || len(e.machine.Audit()) != audit {
			t.Errorf("the right capability: %v; the machine has noted %d things more", err, len(e.machine.Audit())-audit)
		}
		if err := send(); err != nil {
			t.Error(err)
		}
	})
}

// TestACapabilityIsCheckedAgainBeforeItIsUsed: what changes the owner while a step is decided is a violation of an invariant, the step
// is not taken, and outside of production the engine ends with it.
func TestACapabilityIsCheckedAgainBeforeItIsUsed(t *testing.T) {
	for hardening, ends := range map[machine.Hardening]bool{
		machine.HardeningProduction: false, machine.HardeningDevelopment: true, machine.HardeningIntegration: true,
	} {
		served := talking(t, hardening, func(tc task.Context, e *Engine, l *live, d *deciding, seen *events, send func() error) {
			d.meanwhile = func(tc task.Context) {
				_, err := ask(tc, e, func(task.Context) (struct{}, error) {
					authority, err := e.machine.Release(l.cap)
					if err == nil {
						l.cap, err = e.machine.Claim(authority, owner)
					}
					return struct{}{}, err
				})
				if err != nil {
					t.Error(err)
				}
			}
			if err := send(); aura.KindOf(err) != aura.Stale {
				t.Errorf("%v: a step by an earlier owner: %v", hardening, err)
			}
			if len(l.sent) != 0 {
				t.Errorf("%v: the step was taken", hardening)
			}
			found := seen.of(world.FamilyInvariant)
			if len(found) != 1 || found[0].Field("session_id") == "" || found[0].ErrorKind() != aura.Stale {
				t.Errorf("%v: the violations are %v", hardening, found)
			}
		})
		if broken := served != nil && strings.Contains(served.Error(), "the owner alone acts"); broken != ends {
			t.Errorf("%v: the engine ended with %v", hardening, served)
		}
	}
}

// linked is a protocol of two bundles, and the route between them.
const linked = `
module linked exposing (Linked)

protocol Linked =
  roles One, Two
  One { guard_capability : "chat:send", link : "bundle=first|exports=a|imports=b" } -> Two : Hello
  Two { guard_capability : "chat:send", link : "bundle=second|exports=b|imports=a" } -> One : Bye
`

// TestARouteIsCheckedAtItsBoundary (runtime document, "Link Boundary"): a boundary says its bundle, its fragment, the scope that is
// valid there, and whether the route crosses it, is open, or waits for a reconfiguration. An effect at the wrong one is refused before
// the machine sees it.
func TestARouteIsCheckedAtItsBoundary(t *testing.T) {
	_ = talking(t, machine.HardeningProduction, func(tc task.Context, e *Engine, l *live, _ *deciding, seen *events, send func() error) {
		two, _ := l.protocol.image.Role("Two")
		one, other := "bundle:first", "bundle:second"
		if b := l.boundary(two); b.Fragment != "protocol:talk.Talk" || b.Bundle != "" || b.Crosses() || b.Reconfigures || !b.Scope.Covers(b.Fragment) {
			t.Errorf("the boundary of a protocol without links is %+v", b)
		}
		p, problems := choreo.Load("linked.tell", linked)
		if err := problems.Err("test"); err != nil {
			t.Fatal(err)
		}
		i, err := p.Instantiate(nil)
		if err != nil {
			t.Fatal(err)
		}
		im, err := machine.CompileInstance(i)
		if err != nil {
			t.Fatal(err)
		}
		was, bundles := l.protocol.image, i.Protocol.Manifest(choreo.Defaults{}).LinkSpecs
		composed, err := compose.Link(bundles, i.Global)
		if err != nil {
			t.Fatal(err)
		}
		apart, err := compose.Link([]choreo.LinkSpec{{Role: "One", BundleID: "first"}, {Role: "Two", BundleID: "second"}}, choreo.GlobalEnd{})
		if err != nil {
			t.Fatal(err)
		}
		l.protocol.image, l.protocol.composed = im, composed
		b := l.boundary(two)
		if b.Fragment != one || b.Bundle != "first" || b.Other != other || !b.Crosses() || !b.Joined || b.Scope.Covers(other) {
			t.Errorf("the boundary of a bundle is %+v", b)
		}
		state := e.machine.Tick()
		for what, c := range map[string]struct {
			played   machine.RoleID
			composed compose.Composition
			cap      own.Scope
			held     Custody
			want     aura.Kind
			event    string
		}{
			"to another bundle":                  {l.role, composed, own.Whole(), CustodyOwned, 0, "route"},
			"by who has its bundle alone":        {l.role, composed, own.Fragments(one), CustodyOwned, 0, "route"},
			"for a role that is not played here": {two, composed, own.Whole(), CustodyOwned, aura.Denied, "reject"},
			"to a bundle that nothing joins":     {l.role, apart, own.Whole(), CustodyOwned, aura.Denied, "reject"},
			"out of scope":                       {l.role, composed, own.Fragments(other), CustodyOwned, aura.Denied, "reject"},
			"in a handover":                      {l.role, composed, own.Whole(), CustodyHeld, aura.Unavailable, "reject"},
		} {
			before := len(seen.of(world.FamilyLink))
			l.protocol.composed, l.cap.Scope, l.custody = c.composed, c.cap, c.held
			if err := l.route(tc, "session.Send", c.played, two); aura.KindOf(err) != c.want {
				t.Errorf("an effect %s: %v, want %v", what, err, c.want)
			}
			if found := seen.of(world.FamilyLink)[before:]; len(found) != 1 || found[0].Message() != c.event {
				t.Errorf("an effect %s: the events are %v", what, found)
			}
		}
		l.protocol.image, l.protocol.composed, l.cap.Scope, l.custody = was, compose.Composition{}, own.Whole(), CustodyOwned
		if e.machine.Tick() != state {
			t.Error("the machine has seen something")
		}
		if err := send(); err != nil {
			t.Error(err)
		}
	})
}

// required are the fields that each line of a family about a session has (runtime document, "Instrumentation Contract").
var required = map[world.Family][]string{
	world.FamilySession: nil, world.FamilyIngress: nil, world.FamilyInvariant: nil,
	world.FamilyDelegation: {"from_owner", "to_owner"}, world.FamilyLink: {"from_owner", "to_owner"}, world.FamilyConcurrency: nil,
}

// TestNoLineAboutASessionLacksAField: whatever happens in a session, the line says in which session, fragment and service, whose it is, with
// which profile it runs, and of what kind a failure is.
func TestNoLineAboutASessionLacksAField(t *testing.T) {
	found := map[string]bool{}
	_ = talking(t, machine.HardeningProduction, func(tc task.Context, e *Engine, l *live, d *deciding, seen *events, send func() error) {
		two, _ := l.protocol.image.Role("Two")
		if err := send(); err != nil {
			t.Error(err)
		}
		_ = l.allow(tc, "session.Send", own.Capability{})
		_ = l.route(tc, "session.Send", two, two)
		e.violated(tc, "an invariant", l.opening.Name, aura.Internal)
		l.emit(tc, world.LinkRouted(l.opening.Name, "", "a", "b"))
		l.emit(tc, world.DelegationStarted(l.opening.Name, "", "a", "b"))
		l.emit(tc, world.ProfileFellBack(l.opening.Name, "", "envelope_admitted", machine.FallbackMissingCapability))
		l.emit(tc, world.SessionFailed(l.opening.Name, "", "", aura.Internal))
		bye := effect.Message{Session: l.opening.Name, Edge: uint32(two) << 16, Parcel: encode(parcel{From: uint16(two), Label: 1})}
		_, _ = e.Deliver(tc, &ChannelOptions{Peer: Party{Authority: aura.AuthorityID{9}}}, &bye)
		if err := e.End(tc, l.opening.Name); err != nil {
			t.Error(err)
		}
		for _, event := range seen.all {
			more, of := required[event.Family()]
			if !of {
				continue
			}
			found[string(event.Family())+" "+event.Message()] = true
			names := append([]string{"service", "session_id", "fragment_key", "owner", "profile", "correlation_id", "task"}, more...)
			switch event.Message() {
			case "fail", "rejected", "reject", "violation":
				names = append(names, "error_kind")
			}
			for _, name := range names {
				if event.Field(name) == "" {
					t.Errorf("no %s: %s", name, event)
				}
			}
		}
	})
	for _, line := range []string{
		"session claim", "session release", "session fail", "ingress rejected", "link reject", "link route", "delegation start",
		"concurrency.profile select", "concurrency.profile fallback", "invariant violation",
	} {
		if !found[line] {
			t.Errorf("no line %q", line)
		}
	}
}

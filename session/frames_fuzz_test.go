package session

import (
	"bytes"
	"crypto/ed25519"
	"reflect"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// talker returns a registry whose protocol has a program for One, and in which peers may begin sessions.
func talker(t testing.TB, admit Admit) (r *Registry, id string) {
	t.Helper()
	p, problems := choreo.Load("talk.tell", talk)
	if err := problems.Err("test"); err != nil {
		t.Fatal(err)
	}
	i, err := p.Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, id = NewRegistry(), "aura.talk.talk"
	if err := r.Add(i, choreo.Defaults{}); err != nil {
		t.Fatal(err)
	}
	program := func(tc task.Context, p *Port) error {
		if err := p.Send(tc, "Two", "Hello", []byte("x")); err != nil {
			return err
		}
		_, _, err := p.Receive(tc, "Two")
		return err
	}
	if err := r.Play(id, "One", program); err != nil {
		t.Fatal(err)
	}
	if err := r.Answer(id, "One", admit); err != nil {
		t.Fatal(err)
	}
	return r, id
}

// FuzzFrames lets a peer say anything on a channel of a link, before its greeting and behind it. A frame that decodes ends no channel, since the
// sessions beside it have done nothing, and leaves an engine that goes on.
func FuzzFrames(f *testing.F) {
	admit := func(task.Context, Party, aura.ContextID, *Greeting) (Opening, error) { return Opening{}, nil }
	r, id := talker(f, admit)
	secret := ed25519.NewKeyFromSeed(make([]byte, 32))
	peer := Party{Authority: aura.AuthorityID{2}, Device: aura.DeviceID{5}}
	name, version := aura.SessionID{1}, r.Versions(id)[0]
	greets := Greeting{Session: name, Protocol: id, Version: version, Role: "Two", To: "One"}
	moved := greets
	moves := []view.Move{{From: aura.DeviceID{6}, To: peer.Device, Generation: 1, Confirmed: []view.Confirmed{{Edge: 1 << 16, Count: 1}}}}
	moves[0].Signature = [64]byte(ed25519.Sign(secret, moves[0].SigningBytes(view.Played{Session: name, Authority: peer.Authority, Role: "Two"})))
	moved.Moved = moves
	ended, anew, differs, has, later := greets, greets, greets, greets, greets
	ended.Ended, anew.Session, differs.Version, has.Have, later.Epoch = view.EndFailed, aura.SessionID{2}, [32]byte{1}, 1, 3
	for _, g := range []Greeting{greets, moved, ended, anew, differs, has, later, {Session: name, Protocol: id, Version: version}} {
		f.Add(false, FrameGreeting, encode(g))
		f.Add(true, FrameGreeting, encode(g))
	}
	bye := parcel{From: 1, Label: 1, Payload: []byte("y")}
	for _, seq := range []uint64{0, 1} {
		f.Add(true, FrameMessage, encode(message{Session: name, Edge: bye.edge(), Seq: seq, Parcel: encode(bye), Receipt: []byte{1}}))
		f.Add(true, FrameConfirmation, encode(confirmation{Session: name, Next: seq}))
		f.Add(true, FrameConfirmation, encode(confirmation{Session: name, Next: seq, Again: true}))
	}
	for why := RefusalProtocol; why <= RefusalEpoch; why++ {
		f.Add(true, FrameRefusal, encode(refused{Session: name, Reason: why}))
		f.Add(false, FrameRefusal, encode(refused{Session: name, Reason: why, Seq: 1}))
	}
	f.Fuzz(func(t *testing.T, behind bool, kind byte, body []byte) {
		sim := task.NewSim(1, task.SimOptions{})
		err := sim.Run("fuzz", func(tc task.Context) error {
			e := NewEngine(Options{
				Own: aura.AuthorityID{1}, Registry: r, Decider: &deciding{}, Hardening: machine.HardeningIntegration, Entropy: sim.Entropy("engine"),
				Vouch: func(aura.AuthorityID, aura.DeviceID) ([32]byte, bool) {
					return [32]byte(secret.Public().(ed25519.PublicKey)), true
				},
			})
			e.group, e.machine = tc.Group(), machine.New(bridge{e}, machine.Options{Hardening: machine.HardeningIntegration})
			serving := task.NewGroup(tc, "engine")
			serving.Go("serve", e.Serve)
			o := Opening{Name: name, Protocol: id, Role: "One", Parties: []Party{{Role: "Two", Authority: peer.Authority}}, Epoch: 2}
			if err := e.Open(tc, o); err != nil {
				return err
			}
			s, err := ask(tc, e, func(task.Context) (*speaker, error) { return e.begin(ChannelOptions{Peer: peer}) })
			if err != nil {
				return err
			}
			if behind {
				if err := e.take(tc, s, FrameGreeting, encode(greets)); err != nil {
					return err
				}
			}
			if err := tc.Sleep(time.Second); err != nil {
				return err
			}
			err = e.take(tc, s, kind, body)
			switch aura.KindOf(err) {
			case 0, aura.Denied, aura.Invalid, aura.Conflict, aura.NotFound, aura.Stale, aura.Exhausted:
			case aura.Corrupt:
				if decodes(kind, body) {
					t.Errorf("a frame that decodes ends the channel: %v", err)
				}
			default:
				t.Errorf("a frame ends the channel: %v", err)
			}
			for range 4 { // all that it has to say now
				if _, err := ask(tc, e, func(tc task.Context) (due, error) { return s.collect(tc.Elapsed()), nil }); err != nil {
					return err
				}
				if err := tc.Sleep(time.Minute); err != nil {
					return err
				}
			}
			e.hangUp(tc, s)
			if _, err := e.List(tc); err != nil {
				return err
			}
			tc.Group().Cancel()
			return serving.Close(tc, time.Second)
		})
		if err != nil && aura.KindOf(err) != aura.Cancelled {
			t.Fatal(err)
		}
	})
}

// decodes reports whether the bytes are a frame of a kind, and those of a message one of a parcel of its edge.
func decodes(kind byte, body []byte) bool {
	switch kind {
	case FrameGreeting:
		return decode(body, new(Greeting)) == nil
	case FrameMessage:
		var m message
		var p parcel
		return decode(body, &m) == nil && decode(m.Parcel, &p) == nil && p.edge() == m.Edge
	case FrameConfirmation:
		return decode(body, new(confirmation)) == nil
	case FrameRefusal:
		return decode(body, new(refused)) == nil
	}
	return false
}

// FuzzStored reads each structure that the engine keeps from any bytes: one that is taken is written and read again as it is.
func FuzzStored(f *testing.F) {
	made := []any{
		record{Kind: recordReceived, Parcel: &parcel{From: 1, Label: 1, Payload: []byte("y")}, Seq: 1, Device: aura.DeviceID{5}, At: 7},
		record{Kind: recordMoved, Role: "Two", Moves: []view.Move{{From: aura.DeviceID{5}, To: aura.DeviceID{6}, Generation: 1}}},
		record{Kind: recordHeld, Fragments: []string{"protocol:talk.Talk"}, Delegation: aura.SessionID{3}, Admission: []byte{1}},
		record{Kind: recordSaved, Opening: &opening{Protocol: "aura.talk.talk", Role: "One", Parties: []party{{Role: "Two"}}, Epoch: 2}, Saved: &saved{
			State: []byte("state"), Parts: 1, Kept: 1, Sent: []edgeCount{{1, 2}}, Seen: []edgeCount{{1 << 16, 1}}, Issued: 2,
		}},
		record{Kind: recordPart, Part: []byte{1, 2, 3}},
		departed{Session: view.Session{Name: aura.SessionID{1}, Protocol: "aura.talk.talk"}, Sizes: []Size{{Parameter: "N", Members: 3}}},
		current{Active: [32]byte{1}, Retired: [][32]byte{{2}}},
		view.Ended{Session: view.Session{Name: aura.SessionID{1}}, End: view.End{Kind: view.EndExpired, Witness: view.Witness{ID: 1, Until: 9}}},
	}
	for _, v := range made {
		f.Add(encode(v))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r record
		if decodeRecord(b, &r) == nil && decodeRecord(encode(r), new(record)) != nil {
			t.Error("an entry of a recording is not read again")
		}
		for _, v := range []any{&r, new(departed), new(current), new(view.Ended), new(view.Shown)} {
			if err := decode(b, v); err != nil {
				if !isCorrupt(err) {
					t.Errorf("%T: %v", v, err)
				}
				continue
			}
			written := encode(v)
			again := reflect.New(reflect.TypeOf(v).Elem()).Interface()
			if err := decode(written, again); err != nil || !bytes.Equal(encode(again), written) {
				t.Errorf("%T is read again as another one: %v", v, err)
			}
		}
	})
}

// FuzzRecording shows and plays a recording of any entries: none makes the engine fail, and the machine stands still behind it.
func FuzzRecording(f *testing.F) {
	r, id := talker(f, func(task.Context, Party, aura.ContextID, *Greeting) (Opening, error) { return Opening{}, nil })
	version := r.Versions(id)[0]
	protocol, err := r.image(id, version, nil)
	if err != nil {
		f.Fatal(err)
	}
	opened := record{Kind: recordOpened, Opening: &opening{Protocol: id, Version: version, Role: "One", Parties: []party{{Role: "Two", Authority: aura.AuthorityID{2}}}}}
	label := func(name string, from, to machine.RoleID) uint32 {
		id, found := protocol.image.FindLabel(from, to, name)
		if !found {
			f.Fatal(name)
		}
		return uint32(id)
	}
	hello := record{Kind: recordSent, Parcel: &parcel{To: 1, Label: label("Hello", 0, 1), Payload: []byte("x")}}
	bye := record{Kind: recordReceived, Parcel: &parcel{From: 1, Label: label("Bye", 1, 0), Payload: []byte("y")}, Device: aura.DeviceID{5}}
	moved := record{Kind: recordMoved, Role: "Two", Moves: []view.Move{{From: aura.DeviceID{5}, To: aura.DeviceID{6}, Generation: 1}}}
	held, owned := record{Kind: recordHeld, Delegation: aura.SessionID{3}, Moves: moved.Moves}, record{Kind: recordOwned, Moves: moved.Moves}
	for _, all := range [][]record{
		{opened}, {opened, hello, bye, {Kind: recordConcluded}}, {opened, hello, moved, held, owned, bye}, {opened, bye, hello}, {opened, {Kind: recordTimeout, Until: 9}, hello},
	} {
		var entries [][]byte
		for _, e := range all {
			entries = append(entries, encode(e))
		}
		whole, err := fact.Marshal(entries)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var entries [][]byte
		if fact.Unmarshal(b, &entries) != nil {
			return
		}
		name := aura.SessionID{1}
		a, n, shown, plays := assembler{name: name}, r.newRerun(everyMessage), view.Shown{}, true
		for _, v := range entries {
			e, err := a.add(v)
			if err != nil {
				if !isCorrupt(err) {
					t.Fatalf("%v", err)
				}
				return
			}
			if e == nil {
				continue
			}
			if e.Opening != nil {
				o := e.Opening.undo(name)
				shown.Session = viewOf(&o)
				begins(&shown, e)
				protocol.place(&shown.Session)
			} else if narrows(&shown.Session, e); e.Parcel != nil {
				count(&shown.Session, e)
				shown.Add(protocol.step(e))
			}
			plays = plays && n.play(name, e) == nil
		}
		if n.engine.machine.Status() == machine.StatusProgressing {
			t.Fatal("a role that is ready was not run")
		}
		_ = encode(shown)
	})
}

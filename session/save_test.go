package session_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// count is a protocol that goes on for as long as the asker likes.
const count = `
module count exposing (Count)

protocol Count =
  roles Asker, Teller
  rec Round
    choice Asker at
      | Next =>
        Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Next
        Teller { guard_capability : "chat:send", flow_cost : 1 } -> Asker : Number
        continue Round
      | Done =>
        Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Done
`

const countID = "test.count"

// counting has an engine play a role of count.
func counting(t testing.TB, role choreo.Role, program session.Program) func(*session.Options) {
	return func(o *session.Options) {
		o.Hardening = machine.HardeningIntegration // each recording is replayed at its end
		plays(t, o.Registry, count, choreo.Defaults{ProtocolID: countID}, role, program)
	}
}

func uintOf(b []byte) uint64 { return binary.BigEndian.Uint64(append(make([]byte, 8), b...)[len(b):]) }
func bytesOf(n uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, n)
}

// asker asks so many times, and saves after each third question that it asked: before the answer. It saves the number of questions.
func asker(rounds uint64, heard *[]uint64) session.Program {
	return func(tc task.Context, p *session.Port) error {
		state, asked := p.Saved()
		n := uintOf(state)
		for ; n < rounds || asked; n++ {
			if !asked {
				p.With(note(fmt.Sprint(n)))
				if err := p.Send(tc, "Teller", "Next", bytesOf(n)); err != nil {
					return err
				}
				if n%3 == 2 {
					if err := p.Save(tc, bytesOf(n)); err != nil {
						return err
					}
				}
			}
			asked = false
			_, payload, err := p.Receive(tc, "Teller")
			if err != nil {
				return err
			}
			if uintOf(payload) != 2*n {
				return aura.Errorf("test.asker", aura.Corrupt, "question %d is answered by %d", n, uintOf(payload))
			}
			*heard = append(*heard, n)
		}
		return p.Send(tc, "Teller", "Done", nil)
	}
}

// teller answers with the double, and saves how often it did after each second answer.
func teller(heard *[]uint64) session.Program {
	return func(tc task.Context, p *session.Port) error {
		state, _ := p.Saved()
		for n := uintOf(state); ; n++ {
			label, payload, err := p.Receive(tc, "Asker")
			if err != nil || label == "Done" {
				return err
			}
			if uintOf(payload) != n {
				return aura.Errorf("test.teller", aura.Corrupt, "question %d came where %d is next", uintOf(payload), n)
			}
			*heard = append(*heard, n)
			if err := p.Send(tc, "Asker", "Number", bytesOf(2*n)); err != nil {
				return err
			}
			if n%2 == 1 {
				if err := p.Save(tc, bytesOf(n+1)); err != nil {
					return err
				}
			}
		}
	}
}

// TestACrashAroundASaveLeavesOneStory: one side crashes at any moment of an exchange in which both save, before and after what they saved was
// confirmed, and starts again. Each question is asked and answered once, and each recording replays to its session.
func TestACrashAroundASaveLeavesOneStory(t *testing.T) {
	const rounds = 7
	slow := journal.Faults{SyncDelay: time.Millisecond}
	for moment := range 64 {
		for _, who := range []choreo.Role{"Asker", "Teller"} {
			chaintest.Simulate(t, uint64(moment), func(tc task.Context, sim *task.Sim) {
				var atAsker, atTeller []uint64
				start := func(role choreo.Role, disk *journal.Faulty, fresh bool) *side {
					program := asker(rounds, &atAsker)
					if role == "Teller" {
						program = teller(&atTeller)
					}
					s := begin(t, tc, sim, disk, fresh, "Cust", idle, counting(t, role, program))
					s.role, s.speaks = role, countID
					return s
				}
				asks := start("Asker", journal.NewFaulty(sim.Entropy("asker"), slow), true)
				tells := start("Teller", journal.NewFaulty(sim.Entropy("teller"), slow), true)
				open := func() {
					if err := asks.engine.Open(tc, asks.opening("Teller")); err != nil {
						t.Fatal(err)
					}
				}
				tells.ended = func() bool { return tells.Journal.Log("ended").Last > 0 }
				open()
				_ = meet(tc, asks, tells, aura.Duration(moment)*250*time.Microsecond)
				crash := func(s *side) *side {
					disk := s.disk.Crash()
					s.Close(tc)
					n := start(s.role, disk, false)
					n.ended = s.ended
					if len(n.engine.Damaged()) > 0 {
						t.Fatalf("%s at %d: given up: %q", who, moment, n.engine.Damaged())
					}
					return n
				}
				if who == "Asker" {
					if asks = crash(asks); len(asks.texts(t, tc)) == 0 {
						open()
					}
				} else {
					tells = crash(tells)
				}
				_ = meet(tc, asks, tells, time.Minute) // it may be over at one side
				sleep(t, tc, 2*time.Minute)
				want := []string{"0", "1", "2", "3", "4", "5", "6"}
				if texts := asks.texts(t, tc); !slices.Equal(texts, want) {
					t.Errorf("%s at %d: the asker has the facts %q", who, moment, texts)
				}
				for _, s := range []*side{asks, tells} {
					if ends := s.ends(t, tc); len(ends) == 0 || ends[0].End.Kind != view.EndCompleted {
						t.Errorf("%s at %d: %s ended: %+v", who, moment, s.role, ends)
					}
				}
				for _, heard := range [][]uint64{atAsker, atTeller} {
					if slices.Sort(heard); !slices.Equal(slices.Compact(heard), []uint64{0, 1, 2, 3, 4, 5, 6}) {
						t.Errorf("%s at %d: heard %v", who, moment, heard)
					}
				}
				asks.Close(tc)
				tells.Close(tc)
			})
		}
	}
}

// reads is a program that listens for ever and saves each so many messages; zero: never.
func reads(every uint64, heard *[]uint64, failed *error) session.Program {
	return func(tc task.Context, p *session.Port) error {
		state, _ := p.Saved()
		for n := uintOf(state); ; n++ {
			_, payload, err := p.Receive(tc, "Device")
			if err != nil {
				*failed = err
				return err
			}
			*heard = append(*heard, uintOf(payload))
			if every > 0 && n%every == every-1 {
				if err := p.Save(tc, bytesOf(n+1)); err != nil {
					*failed = err
					return err
				}
			}
		}
	}
}

// metered has an engine play the reader of a meter.
func metered(t testing.TB, program session.Program, set ...func(*session.Options)) func(*session.Options) {
	return func(o *session.Options) {
		plays(t, o.Registry, meter, choreo.Defaults{ProtocolID: meterID}, "Reader", program)
		for _, change := range set {
			change(o)
		}
	}
}

// deliver gives the session of a meter the messages from a number up to another one.
func (s *side) deliver(t testing.TB, tc task.Context, o session.Opening, from, to uint64) {
	t.Helper()
	for seq := from; seq < to; seq++ {
		content, err := fact.Marshal(parcel{To: 1, Payload: bytesOf(seq)})
		if err != nil {
			t.Fatal(err)
		}
		m := value(t, o, seq)
		m.Parcel = content
		if _, err := s.engine.Deliver(tc, &ben, m); err != nil {
			t.Fatalf("message %d: %v", seq, err)
		}
		sleep(t, tc, time.Second)
	}
}

// TestARestartCostsWhatCameSinceTheLastSave: after 10,000 messages a restart reads as many entries, and its program hears as many messages, as
// after 10.
func TestARestartCostsWhatCameSinceTheLastSave(t *testing.T) {
	for _, messages := range []uint64{10, 10_000} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []uint64
			var failed error
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			with := metered(t, reads(7, &heard, &failed))
			s := begin(t, tc, sim, disk, true, "Cust", idle, with)
			o := reading(1, true)
			if err := s.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			s.deliver(t, tc, o, 0, messages)
			log := s.recordings()[0]
			since := messages % 7
			if entries := log.Last - log.Dropped; entries != 2+since {
				t.Errorf("after %d messages a restart reads %d entries, want the checkpoint's 2 and %d", messages, entries, since)
			}
			disk = disk.Crash()
			s.Close(tc)
			heard = nil
			s = begin(t, tc, sim, disk, false, "Cust", idle, with)
			defer s.Close(tc)
			sleep(t, tc, time.Second)
			if uint64(len(heard)) != since || failed == nil || len(heard) > 0 && heard[0] != messages-since {
				t.Errorf("after %d messages and a restart the program heard %v", messages, heard)
			}
			shown, err := s.engine.Show(tc, o.Name)
			if err != nil || shown.Session.Received != messages || shown.Earlier != messages-since || uint64(len(shown.Steps)) != since {
				t.Errorf("after %d messages it shows %+v, %v", messages, shown, err)
			}
			again, err := s.engine.Replay(tc, o.Name)
			if err != nil || again.Departs != nil || again.Before != messages-since || again.Messages != since || again.Checked != 1 {
				t.Errorf("after %d messages the replay is %+v, %v", messages, again, err)
			}
			traced, err := s.engine.Trace(tc, o.Name)
			if err != nil || traced.Earlier != messages-since || uint64(len(traced.Steps)) != since {
				t.Errorf("after %d messages the trace is %+v, %v", messages, traced, err)
			}
			s.deliver(t, tc, o, messages, messages+3)
			if uint64(len(heard)) != since+3 || heard[len(heard)-1] != messages+2 {
				t.Errorf("after a restart the program goes on with %v", heard)
			}
		})
	}
}

// TestARecordingHasABound: beyond it the program that never saves gets aura.Exhausted, and one that saves goes on.
func TestARecordingHasABound(t *testing.T) {
	for _, every := range []uint64{0, 5} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []uint64
			var failed error
			s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle,
				metered(t, reads(every, &heard, &failed), func(o *session.Options) { o.Recording = 9 }))
			defer s.Close(tc)
			o := reading(1, true)
			if err := s.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			if every > 0 {
				s.deliver(t, tc, o, 0, 100)
				return
			}
			s.deliver(t, tc, o, 0, 8) // the opening is one
			sleep(t, tc, 2*time.Minute)
			if ends := s.ends(t, tc); !errors.Is(failed, aura.Exhausted) || len(heard) != 8 || len(ends) != 1 {
				t.Errorf("the program heard %v and got %v, the ends are %+v", heard, failed, ends)
			}
		})
	}
}

// TestARecordingHasABoundOfBytes: beyond it a message finds no room, as it does beyond that of the entries, and the disk is not said to fail: the
// channel goes on, and the message comes again when the program has saved.
func TestARecordingHasABoundOfBytes(t *testing.T) {
	for _, every := range []uint64{0, 5} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []uint64
			var failed error
			s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle,
				metered(t, reads(every, &heard, &failed), func(o *session.Options) { o.RecordingBytes = 4000 }))
			defer s.Close(tc)
			o := reading(1, true)
			if err := s.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			if every > 0 {
				s.deliver(t, tc, o, 0, 100)
				return
			}
			s.deliver(t, tc, o, 0, 10)
			var refused error
			for seq := uint64(10); refused == nil && seq < 100; seq++ {
				m := value(t, o, seq)
				_, refused = s.engine.Deliver(tc, &ben, m)
			}
			if !errors.Is(refused, aura.Exhausted) {
				t.Errorf("a message beyond the bound: %v", refused)
			}
			sleep(t, tc, time.Second)
			if !errors.Is(failed, aura.Exhausted) {
				t.Errorf("the program heard %v and got %v", heard, failed)
			}
		})
	}
}

// TestAFullDiskIsNoFullRecording: a program that sends, saves or concludes is told that the disk takes nothing. It need not save, and goes on when
// there is room.
func TestAFullDiskIsNoFullRecording(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		var full []error
		done := false
		program := func(tc task.Context, p *session.Port) error {
			again := func(do func() error) error {
				disk.SetFaults(journal.Faults{Capacity: 1})
				full = append(full, do())
				disk.SetFaults(journal.Faults{})
				return do()
			}
			err := again(func() error {
				p.With(note("asked"))
				return p.Send(tc, "Store", "Ask", nil)
			})
			if err == nil {
				err = again(func() error { return p.Save(tc, []byte("asked")) })
			}
			if err == nil {
				err = again(func() error {
					return p.Conclude(tc, func(task.Context) (guard.Request, error) {
						return guard.Request{
							Authority: chaintest.Own, Capability: "chat:send", Context: chaintest.Pair,
							Entries: []fact.Draft{{Namespace: chaintest.Shared, Kind: "chat.message", Payload: []byte("over")}},
						}, nil
					})
				})
			}
			done = err == nil
			return err
		}
		s := begin(t, tc, sim, disk, true, "Cust", program)
		defer s.Close(tc)
		if err := s.engine.Open(tc, s.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		for _, err := range full {
			if !errors.Is(err, aura.Unavailable) {
				t.Errorf("while the disk is full: %v", err)
			}
		}
		if len(full) != 3 || !done {
			t.Errorf("the program was told %v, done: %t; the ends are %+v", full, done, s.ends(t, tc))
		}
	})
}

// TestADamagedCheckpointIsGivenUp: at the start the session ends as failed, and the engine says why, whatever of the checkpoint is wrong. The
// entries of another session are not taken for those of this one.
func TestADamagedCheckpointIsGivenUp(t *testing.T) {
	flip := func(b []byte, at int) []byte { b = slices.Clone(b); b[at] ^= 1; return b }
	for what, damage := range map[string]func(all, other [][]byte) [][]byte{
		"a part that changed":       func(all, _ [][]byte) [][]byte { all[1] = flip(all[1], len(all[1])/2); return all },
		"a part that is missing":    func(all, _ [][]byte) [][]byte { return slices.Delete(all, 1, 2) },
		"a part too many":           func(all, _ [][]byte) [][]byte { return slices.Insert(all, 1, all[1]) },
		"nothing behind its begin":  func(all, _ [][]byte) [][]byte { return all[:1] },
		"no begin":                  func(all, _ [][]byte) [][]byte { return all[1:] },
		"a second begin":            func(all, _ [][]byte) [][]byte { return append(all, all...) },
		"the state of another name": func(_, other [][]byte) [][]byte { return other },
		"nothing at all":            func([][]byte, [][]byte) [][]byte { return nil },
	} {
		var said told
		logged(t, &said, func(tc task.Context, sim *task.Sim) {
			var heard []uint64
			var failed error
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			with := metered(t, reads(5, &heard, &failed))
			s := begin(t, tc, sim, disk, true, "Cust", idle, with)
			var recorded [2][][]byte
			for i := range recorded {
				o := reading(i, true)
				if err := s.engine.Open(tc, o); err != nil {
					t.Fatal(err)
				}
				s.deliver(t, tc, o, 0, 5)
			}
			for i, log := range s.recordings() {
				var err error
				if recorded[i], err = s.Journal.ReadLog(log.Name, log.Dropped+1, 100, 0); err != nil || len(recorded[i]) != 2 {
					t.Fatalf("%d entries, %v", len(recorded[i]), err)
				}
			}
			log := s.recordings()[0]
			change := journal.LogChange{Name: log.Name, Values: damage(recorded[0], recorded[1]), Drop: log.Last}
			if _, err := s.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
				t.Fatal(err)
			}
			disk = disk.Crash()
			s.Close(tc)
			s = begin(t, tc, sim, disk, false, "Cust", idle, with)
			defer s.Close(tc)
			damaged, ends := s.engine.Damaged(), s.ends(t, tc)
			if len(damaged) != 1 || len(ends) != 1 || ends[0].Session.Name != reading(0, true).Name {
				t.Errorf("%s: given up are %q, the ends are %+v", what, damaged, ends)
			}
			if !slices.ContainsFunc(said.all, func(e world.Event) bool {
				return e.Message() == "a recording was given up" && e.Field("session_id") == reading(0, true).Name.String()
			}) {
				t.Errorf("%s: no event says which session was given up", what)
			}
		})
	}
}

// TestWhatMayNotBeSaved changes nothing.
func TestWhatMayNotBeSaved(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		said := map[string]error{}
		program := func(tc task.Context, p *session.Port) error {
			if _, has := p.Saved(); has {
				t.Error("it was saved")
			}
			said["too much"] = p.Save(tc, make([]byte, session.MaxSaved+1))
			done, err := p.Within(tc, time.Hour)
			if err != nil {
				return err
			}
			said["within a budget"] = p.Save(tc, nil)
			done()
			if !p.Session().Persistent {
				said["in memory"] = p.Save(tc, nil)
				return tc.Sleep(time.Hour)
			}
			p.With(note("0"))
			if label, again := p.Sent(); again {
				said["before "+label+" is repeated"] = p.Save(tc, nil)
			}
			if err := p.Send(tc, "Teller", "Next", nil); err != nil {
				return err
			}
			return tc.Sleep(time.Hour)
		}
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		s := begin(t, tc, sim, disk, true, "Cust", idle, counting(t, "Asker", program))
		s.role, s.speaks = "Asker", countID
		for i, persistent := range []bool{false, true} {
			o := s.opening("Teller")
			o.Name[0], o.Persistent = byte(i+1), persistent
			if err := s.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
		}
		disk = disk.Crash()
		s.Close(tc)
		s = begin(t, tc, sim, disk, false, "Cust", idle, counting(t, "Asker", program))
		defer s.Close(tc)
		sleep(t, tc, time.Second)
		for what, want := range map[string]error{
			"too much": aura.Invalid, "within a budget": aura.Conflict, "before Next is repeated": aura.Conflict, "in memory": nil,
		} {
			if err, was := said[what]; !was || !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		if log := s.recordings(); len(log) != 1 || log[0].Dropped != 0 {
			t.Errorf("the recordings are %+v", log)
		}
	})
}

// TestAHandoverCarriesTheCheckpoint: the program at the target begins with what the one at the source saved, and restarts there do, too.
func TestAHandoverCarriesTheCheckpoint(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var first, second []uint64
		var failed error
		from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, metered(t, reads(5, &first, &failed)))
		defer from.Close(tc)
		disk := journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
		with := metered(t, reads(5, &second, &failed))
		to := begin(t, tc, sim, disk, true, "Cust", idle, with)
		o := reading(1, true)
		if err := from.engine.Open(tc, o); err != nil {
			t.Fatal(err)
		}
		from.deliver(t, tc, o, 0, 12)
		handle, err := from.engine.Owner(tc, o.Name)
		if err != nil {
			t.Fatal(err)
		}
		moving, err := from.reconfig().Transfer(tc, handle, whole)
		if err != nil || len(moving.Recording) != 4 { // a checkpoint of two entries, and two messages
			t.Fatalf("what moves has %d entries, %v", len(moving.Recording), err)
		}
		arrived, err := to.reconfig().Import(tc, o.Name, delegation, moving.Recording, stated(moving), moving.Moves)
		if err != nil {
			t.Fatal(err)
		}
		if err := moving.Commit(tc, from.appends); err != nil {
			t.Fatal(err)
		}
		if _, err := arrived.Claim(tc, moving.Witness(), to.appends); err != nil {
			t.Fatal(err)
		}
		to.deliver(t, tc, o, 12, 17)
		disk = disk.Crash()
		to.Close(tc)
		to = begin(t, tc, sim, disk, false, "Cust", idle, with)
		defer to.Close(tc)
		to.deliver(t, tc, o, 17, 18)
		if want := []uint64{10, 11, 12, 13, 14, 15, 16, 15, 16, 17}; !slices.Equal(second, want) {
			t.Errorf("the program at the target heard %v, want %v", second, want)
		}
		if again, err := to.engine.Replay(tc, o.Name); err != nil || again.Departs != nil || again.Before != 15 {
			t.Errorf("the replay is %+v, %v", again, err)
		}
	})
}

// TestAnOlderCopyOfAPeerIsRefused: what it lacks it had confirmed before it was copied, and a checkpoint has taken the place of that. The session
// goes on with the peer that has all.
func TestAnOlderCopyOfAPeerIsRefused(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		program := func(tc task.Context, p *session.Port) error {
			if err := p.Send(tc, "Teller", "Next", nil); err != nil {
				return err
			}
			if err := p.Delivered(tc); err != nil {
				return err
			}
			if err := p.Save(tc, nil); err != nil {
				return err
			}
			return tc.Sleep(time.Hour)
		}
		s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, counting(t, "Asker", program))
		defer s.Close(tc)
		s.role, s.speaks = "Asker", countID
		if err := s.engine.Open(tc, s.opening("Teller")); err != nil {
			t.Fatal(err)
		}
		versions := s.registry.Versions(countID)
		greets := func(have uint64) (err error) {
			in, out := task.NewMailbox[frame]("in", 8), task.NewMailbox[frame]("out", 8)
			body, err := fact.Marshal(session.Greeting{Session: name, Protocol: countID, Version: versions[0], Role: "Teller", Have: have, To: "Asker"})
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Send(tc, frame{session.FrameGreeting, body}); err != nil {
				t.Fatal(err)
			}
			tc, done := tc.WithBudget("channel", 5*time.Second)
			defer done()
			return s.engine.Speak(tc, one2one(name), pipe{in, out})
		}
		sleep(t, tc, time.Second)
		if err := greets(1); !errors.Is(err, aura.Timeout) {
			t.Errorf("the peer: %v", err)
		}
		sleep(t, tc, time.Second)
		if err := greets(0); !errors.Is(err, aura.Stale) {
			t.Errorf("an older copy: %v", err)
		}
		if err := greets(1); !errors.Is(err, aura.Timeout) {
			t.Errorf("the peer after that: %v", err)
		}
	})
}

package session_test

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestAWitnessIsOneFromTheCommitOn (runtime document, "Delegate Boundary"): what the target has before the commit convinces no participant, so a
// handover that is taken back leaves one owner. After the claim, and after a restart, the target has the witness.
func TestAWitnessIsOneFromTheCommitOn(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer from.Close(tc)
		disk := journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
		to := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
		if err := from.engine.Open(tc, from.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		secret := ed25519.NewKeyFromSeed(make([]byte, 32))
		public := [32]byte(secret.Public().(ed25519.PublicKey))
		signed := whole
		signed.Sign = func(b []byte) [64]byte { return [64]byte(ed25519.Sign(secret, b)) }
		of := view.Played{Session: name, Authority: chaintest.Own, Role: "Cust"}
		key := func(d aura.DeviceID) ([32]byte, bool) { return public, d == here }

		moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), signed)
		if err != nil {
			t.Fatal(err)
		}
		in, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves)
		if err != nil {
			t.Fatal(err)
		}
		for what, moves := range map[string][]view.Move{"that was offered": moving.Moves, "of the import": in.Moves()} {
			if view.CheckOffer(of, moves, key) != nil || view.CheckMoves(of, nil, moves, key) == nil {
				t.Errorf("the move %s is no offer, or a witness: %+v", what, moves)
			}
		}
		if err := moving.Commit(tc, from.appends); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Claim(tc, moving.Witness(), to.appends); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			moves, err := to.owner(t, tc).Moves(tc)
			if err != nil || len(moves) != 1 || view.CheckMoves(of, nil, moves, key) != nil {
				t.Errorf("the target has the moves %+v, %v", moves, err)
			}
			disk = disk.Crash()
			to.Close(tc)
			to = begin(t, tc, sim, disk, false, "Cust", customer(&heard))
		}
		to.Close(tc)
	})
}

// TestImportsHaveABound: a device of the account that offers sessions and never gives one away fills neither memory nor disk, and a session with
// a stranger is not taken.
func TestImportsHaveABound(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer from.Close(tc)
		to := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{}), true, "Cust", customer(&heard))
		defer to.Close(tc)
		stranger := from.opening("Store")
		stranger.Name, stranger.Parties = aura.SessionID{77}, []session.Party{{Role: "Store"}}
		for _, o := range []session.Opening{from.opening("Store"), stranger} {
			if err := from.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
		}
		sleep(t, tc, time.Second)
		recording := func(of aura.SessionID) [][]byte {
			all, err := from.Journal.ReadLog("session/"+string(of[:]), 1, 100, 0)
			if err != nil || len(all) == 0 {
				t.Fatal(len(all), err)
			}
			return all
		}
		moves := []view.Move{{From: here, To: away, Generation: 1}}
		if _, err := to.reconfig().Import(tc, stranger.Name, delegation, recording(stranger.Name), whole, moves); !errors.Is(err, aura.Conflict) {
			t.Errorf("a session with a stranger: %v", err)
		}
		taken := 0
		for i := range 100 {
			_, err := to.reconfig().Import(tc, aura.SessionID{8, byte(i)}, delegation, recording(name), whole, moves)
			if err == nil {
				taken++
			} else if !errors.Is(err, aura.Exhausted) {
				t.Fatal(err)
			}
		}
		if taken != 64 {
			t.Errorf("%d imports wait", taken)
		}
		waiting, err := to.reconfig().Imports(tc)
		if err != nil || len(waiting) != taken {
			t.Fatal(len(waiting), err)
		}
		if err := waiting[0].Drop(tc); err != nil {
			t.Fatal(err)
		}
		if _, err := to.reconfig().Import(tc, name, delegation, recording(name), whole, moves); err != nil {
			t.Errorf("after one was dropped: %v", err)
		}
	})
}

// TestAnImportThatHasExpiredLeavesNothing: its time was over before it came. The end waits for the recording, which goes with it.
func TestAnImportThatHasExpiredLeavesNothing(t *testing.T) {
	for seed := range uint64(16) {
		chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
			var heard []string
			from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
			defer from.Close(tc)
			disk := journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
			to := begin(t, tc, sim, disk, true, "Cust", customer(&heard), func(o *session.Options) { o.Hardening = machine.HardeningIntegration })
			defer to.Close(tc)
			o := from.opening("Store")
			o.Budget = time.Minute
			if err := from.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), whole)
			if err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Minute)
			disk.SetFaults(journal.Faults{SyncDelay: time.Millisecond})
			if _, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			sleep(t, tc, time.Minute)
			if live, err := to.engine.List(tc); err != nil || len(live) != 0 || len(to.recordings()) != 0 {
				t.Errorf("seed %d: live are %v, %v, and recordings are left: %+v", seed, live, err, to.recordings())
			}
			if all := to.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndExpired {
				t.Errorf("seed %d: the ends are %+v", seed, all)
			}
		})
	}
}

// TestAnImportHasTheScopeOfItsRecording (runtime document, "Delegate Boundary"): a source that says less than the recording does, or more,
// gives nothing away. A scope that narrowed is narrow behind each checkpoint and restart, and the next device gets no more.
func TestAnImportHasTheScopeOfItsRecording(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []uint64
		var failed error
		with := metered(t, reads(5, &heard, &failed))
		disks := []*journal.Faulty{}
		agent := func() *side {
			disks = append(disks, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}))
			return begin(t, tc, sim, disks[len(disks)-1], true, "Cust", idle, with)
		}
		first, second, third := agent(), agent(), agent()
		defer first.Close(tc)
		defer third.Close(tc)
		o := reading(1, true)
		if err := first.engine.Open(tc, o); err != nil {
			t.Fatal(err)
		}
		first.deliver(t, tc, o, 0, 3)
		all, one := own.Whole(), own.Fragments("protocol:meter.Meter")
		gives := func(from *side, h session.Handover) *session.Transfer {
			handle, err := from.engine.Owner(tc, o.Name)
			if err != nil {
				t.Fatal(err)
			}
			h.From, h.To, h.Sign = here, away, unsigned
			moving, err := from.reconfig().Transfer(tc, handle, h)
			if err != nil {
				t.Fatal(err)
			}
			return moving
		}
		takes := func(to *side, moving *session.Transfer, lies map[string]session.Handover) *session.Import {
			for what, h := range lies {
				h.From, h.To = here, away
				if _, err := to.reconfig().Import(tc, o.Name, delegation, moving.Recording, h, moving.Moves); !errors.Is(err, aura.Denied) {
					t.Errorf("%s: %v", what, err)
				}
			}
			in, err := to.reconfig().Import(tc, o.Name, delegation, moving.Recording, stated(moving), moving.Moves)
			if err != nil {
				t.Fatal(err)
			}
			return in
		}
		moving := gives(first, session.Handover{Scope: one, Attenuate: true})
		in := takes(second, moving, map[string]session.Handover{
			"a narrow scope as intact": {Scope: one}, "the whole as narrow": {Scope: all, Attenuate: true}, "no scope": {},
		})
		if err := moving.Commit(tc, first.appends); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Claim(tc, moving.Witness(), second.appends); err != nil {
			t.Fatal(err)
		}
		for _, n := range []uint64{3, 12} { // the second time, a checkpoint has taken the place of the entry that narrowed
			second.deliver(t, tc, o, n, n+9)
			second.Close(tc)
			disks[1] = disks[1].Crash()
			second = begin(t, tc, sim, disks[1], false, "Cust", idle, with)
			handle, err := second.engine.Owner(tc, o.Name)
			if err != nil || !handle.Scope().Equal(one) {
				t.Fatalf("after %d messages and a restart the scope is %v, %v", n+9, handle.Scope(), err)
			}
			if err := second.engine.End(tc, o.Name); !errors.Is(err, aura.Denied) {
				t.Errorf("the end of the whole session: %v", err)
			}
			second.Close(tc)
			disks[1] = disks[1].Crash()
			second = begin(t, tc, sim, disks[1], false, "Cust", idle) // a build without the protocol
			if err := second.engine.End(tc, o.Name); !errors.Is(err, aura.Denied) {
				t.Errorf("the end of the whole session, which is suspended: %v", err)
			}
			second.Close(tc)
			disks[1] = disks[1].Crash()
			second = begin(t, tc, sim, disks[1], false, "Cust", idle, with)
		}
		defer func() { second.Close(tc) }()
		moving = gives(second, session.Handover{Scope: one})
		takes(third, moving, map[string]session.Handover{
			"a narrow scope as the whole": {Scope: all}, "a scope that narrowed before as one that narrows": {Scope: one, Attenuate: true},
		})
	})
}

// TestAnAttenuatedSessionThatHasPlayedItsPartSurvives: its last message waits for a confirmation, and the device starts again.
func TestAnAttenuatedSessionThatHasPlayedItsPartSurvives(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer from.Close(tc)
		disk := journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
		to := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
		defer func() { to.Close(tc) }()
		if err := from.engine.Open(tc, from.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), session.Handover{
			From: here, To: away, Scope: own.Fragments("protocol:shop.Shop"), Attenuate: true, Sign: unsigned,
		})
		if err != nil {
			t.Fatal(err)
		}
		in, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves)
		if err != nil {
			t.Fatal(err)
		}
		if err := moving.Commit(tc, from.appends); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Claim(tc, moving.Witness(), to.appends); err != nil {
			t.Fatal(err)
		}
		if _, err := to.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			sleep(t, tc, time.Second)
			disk = disk.Crash()
			to.Close(tc)
			to = begin(t, tc, sim, disk, false, "Cust", customer(&heard))
			if lost := to.engine.Damaged(); len(lost) != 0 || len(to.recordings()) != 1 || len(to.ends(t, tc)) != 0 {
				t.Fatalf("given up are %v, the recordings are %+v, the ends %+v", lost, to.recordings(), to.ends(t, tc))
			}
			if s := to.owner(t, tc).Scope(); !s.Equal(own.Fragments("protocol:shop.Shop")) {
				t.Errorf("its owner reaches %v", s)
			}
		}
		sleep(t, tc, time.Hour)
		if all := to.ends(t, tc); len(all) != 1 || all[0].End.Kind != view.EndCompleted || len(to.recordings()) != 0 {
			t.Errorf("the ends are %+v, recordings are left: %+v", all, to.recordings())
		}
	})
}

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
		in, err := to.reconfig().Import(tc, name, moving.Recording, moving.Receipt.Scope, moving.Moves)
		if err != nil {
			t.Fatal(err)
		}
		for what, moves := range map[string][]view.Move{"that was offered": moving.Moves, "of the import": in.Moves()} {
			if view.CheckOffer(of, moves, key) != nil || view.CheckMoves(of, moves, key) == nil {
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
			if err != nil || len(moves) != 1 || view.CheckMoves(of, moves, key) != nil {
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
		if _, err := to.reconfig().Import(tc, stranger.Name, recording(stranger.Name), own.Whole(), moves); !errors.Is(err, aura.Conflict) {
			t.Errorf("a session with a stranger: %v", err)
		}
		taken := 0
		for i := range 100 {
			_, err := to.reconfig().Import(tc, aura.SessionID{8, byte(i)}, recording(name), own.Whole(), moves)
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
		if _, err := to.reconfig().Import(tc, name, recording(name), own.Whole(), moves); err != nil {
			t.Errorf("after one was dropped: %v", err)
		}
	})
}

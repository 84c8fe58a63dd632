package journal_test

import (
	"crypto/ed25519"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// A record that Append has returned survives a power failure. On a machine the disk is [journal.OpenPebble].
func Example() {
	sim := task.NewSim(42, task.SimOptions{})
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // a real device draws it
	public := key.Public().(ed25519.PublicKey)
	options := journal.Options{
		Key: [32]byte{1}, Entropy: sim.Entropy("journal"), Author: aura.AuthorityOf(public), Device: aura.DeviceOf(public),
		Sign: func(message []byte) [64]byte { return [64]byte(ed25519.Sign(key, message)) },
	}
	fmt.Println(sim.Run("main", func(tc task.Context) error {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		j, err := journal.Open(tc, disk, options)
		if err != nil {
			return err
		}
		writer := task.NewGroup(tc, "writer")
		writer.Go("journal", j.Serve)
		note := fact.Draft{Namespace: fact.OwnNamespace(options.Author), Kind: "note.line", Payload: []byte("buy milk")}
		if _, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{note}}); err != nil {
			return err
		}
		sim.Crash(writer)
		if j, err = journal.Open(tc, disk.Crash(), options); err != nil {
			return err
		}
		_, err = j.Read(tc, fact.Selection{}, func(r fact.Record) error {
			fmt.Printf("#%d %s %q\n", r.Position, r.Fact.Kind, r.Fact.Payload)
			return nil
		})
		return err
	}))
	// Output:
	// #1 note.line "buy milk"
	// <nil>
}

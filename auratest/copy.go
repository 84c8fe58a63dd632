package auratest

import (
	"bytes"

	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// Copy makes another home of the same account, as a person does who copies the directory of a home to another machine
// or clones a virtual machine. The copy has the same keys, hence the same authority, device and key on the network, and
// a copy of the disk as it is durable at this instant: a batch whose sync has not returned is not on it. The agent
// may run meanwhile. The copy's machine has an address, randomness and a clock of its own, and a disk without faults;
// its Options are those of the person. Name is how the copy is called in events and failures; it must differ from all others.
//
// The copy is not started. [Person.Start] starts it, whether the original runs or not: a peer reaches that of the two
// whose address it dials. A copy that stays off is a backup, see [Person.Restore]. A failure ends the test.
func (p *Person) Copy(tc task.Context, name string) *Person {
	p.World.Helper()
	*p.homes++
	c := &Person{
		Name: name, Ring: p.Ring, Disk: p.copyDisk(tc, name), Drafts: p.Drafts, Options: p.Options,
		Address: p.World.address(), World: p.World, homes: p.homes, home: *p.homes,
	}
	return c
}

// Restore puts an earlier copy of the disk in the place of the disk, as a person does who restores a backup. Everything
// that the home wrote since is lost here. The agent must not run. The disk of from, a copy of the same account that
// must not run either, stays as it is, so that it can be restored again. A failure ends the test.
func (p *Person) Restore(tc task.Context, from *Person) {
	p.World.Helper()
	switch {
	case p.homes != from.homes:
		p.World.Fatalf("%s is no home of the account of %s", from.Name, p.Name)
	case p.Group != nil || from.Group != nil:
		p.World.Fatalf("%s is restored from %s, and one of the two runs", p.Name, from.Name)
	}
	p.Disk = from.copyDisk(tc, p.Name)
}

// maxReads bounds the attempts to read a disk whose reads fail by chance.
const maxReads = 1000

// copyDisk returns a copy of the durable content of the disk.
func (p *Person) copyDisk(tc task.Context, name string) *journal.Faulty {
	p.World.Helper()
	var err error
	for range maxReads {
		all := &journal.Batch{}
		if err = p.Disk.Iterate(nil, nil, func(key, value []byte) error {
			all.Set(bytes.Clone(key), bytes.Clone(value))
			return nil
		}); err != nil {
			continue
		}
		disk := journal.NewFaulty(p.World.Sim.Entropy(name+" disk"), journal.Faults{})
		if err = disk.Apply(tc, all); err == nil {
			return disk
		}
	}
	p.World.Fatalf("the disk of %s cannot be copied: %v", p.Name, err)
	return nil
}

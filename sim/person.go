package sim

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const (
	// leaveWithin is how long the tasks of a user and of the frontend may take to end.
	leaveWithin = 10 * time.Second
	// reviveAgain is when a person starts an agent again that a sick disk stopped.
	reviveAgain = 5 * time.Second
)

// person is one user with an account: keys and a disk that outlive every process. Each home of the account is one: that of
// the first device, by which the world knows the user, those of other devices, and copies of each.
type person struct {
	world   *simulation
	name    string
	number  int // of the user, from 1
	slot    int // which of the account's devices this is, from 0
	machine int // 0, or the number among the machines that have the device's keys
	address transport.Address
	network *transport.SimPeer // of the newest process
	moves   int
	known   []transport.Address // of the first home: where the person's machines ever were
	alone   bool                // no other home of the person runs, and this one is wherever they ever were
	ring    *keyring.Ring
	disk    *journal.Faulty
	chance  *chance // for the actions of the user
	stage   *chance // for the sessions of the device
	hand    *chance // for the moves of its sessions
	ports   []*kept // of programs of its sessions, the oldest first
	opened  int     // sessions that the device began
	checker *checker

	turn *task.Semaphore  // who holds it changes whether the agent runs
	life *life            // nil: the agent does not run
	last *journal.Journal // of the newest process, also after its end

	faults journal.Faults // of the disk, now
	usual  aura.Duration  // by how much the clock is ahead while it is not set wrong
	wrong  aura.Duration  // by how much it is ahead now
	misled bool           // the clock was ever wrong
	broken bool           // the disk may take nothing more in this life
	sound  aura.Duration  // since when the disk does not fail
	loose  aura.Duration  // since when no sync takes long

	letters []letter
	agreed  map[string]bool          // by name: whose invitation this person accepted
	asked   map[string]aura.Duration // by name: when this person last invited that one
	lanes   int
	spent   []spending                        // in the order in which it began
	spentIn map[spending]int                  // the index in spent, by all but the units
	ended   map[aura.OperationID]domain.Phase // how actions ended, as shown

	account   *person              // of the first home of another device: that of the first one
	devices   []*person            // of the first home of the first device: those of the others that were ever enrolled
	entries   *listing             // of the same: nil while the account has one device
	guardians ed25519.PrivateKey   // of the same: what they hold together; nil: there are none
	enrolled  int                  // of the same: how many devices were enrolled, or nearly
	enrolling bool                 // of the same
	spurned   bool                 // an entry removed this device
	lastEpoch aura.Epoch           // in which that was
	retired   bool                 // it was removed, and is not used any more
	original  *person              // of a copy: whose home was copied
	copies    []*person            // homes that were copied from this one and are in use
	copied    int                  // how many homes were copied from this one in all
	forks     int                  // how often a home of this person was copied or restored
	backups   []backup             // oldest first
	restored  bool                 // the next process finds the disk of a backup
	returned  map[aura.FactID]bool // facts about deliveries that another home of the device wrote, and that came by a sibling
	atCommit  func(task.Context)   // what happens when the next batch has become durable; nil: nothing

	// The state that planted bugs keep through restarts.
	index   streams                            // of a forgetful disk
	ledger  *journal.Batch                     // as it was when the clock went wrong
	pausing map[transport.PeerID]pausing       // of a weary network
	seen    map[transport.PeerID]aura.Duration // by a resentful network
	places  map[place]aura.FactID              // the first fact that a frontend saw at each place
}

// move takes the person's machine to another network: it has another address there, and no connection is left.
func (p *person) move() {
	p.moves++
	p.stay(transport.Address(fmt.Sprintf("/ip4/198.51.100.%d/udp/%d/quic-v1", p.number, p.port()+p.moves)))
	if p.life != nil {
		p.network.Move(p.address)
		p.network.Drop()
	}
}

// stay notes where the person's machine is from now on.
func (p *person) stay(at transport.Address) {
	p.address = at
	p.first().known = append(p.first().known, at)
}

// addresses returns where the person's machine can be reached.
func (p *person) addresses() []transport.Address {
	if !p.alone {
		return []transport.Address{p.address}
	}
	known := p.first().known
	return known[max(0, len(known)-contact.MaxAddresses):]
}

// host returns the person's machine on the network.
func (p *person) host() transport.SimHost { return p.world.net.Host(p.link(), p.machine) }

// home returns where the person's machine is at first.
func (p *person) home() transport.Address {
	return transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/%d/quic-v1", p.number, p.port()))
}

// port returns the first of the ports at which the device can be reached over time.
func (p *person) port() int { return 4001 + p.slot*portsEach }

// portsEach is how many ports a device has.
const portsEach = 6000

// newPerson returns the home of a device of the i-th person, which has a name of its own.
func (w *simulation) newPerson(i, slot int, name string) *person {
	p := &person{
		world: w, name: name, number: i + 1, slot: slot, turn: task.NewSemaphore(1), asked: map[string]aura.Duration{}, agreed: map[string]bool{},
		spentIn: map[spending]int{}, ended: map[aura.OperationID]domain.Phase{},
		pausing: map[transport.PeerID]pausing{}, seen: map[transport.PeerID]aura.Duration{},
		places: map[place]aura.FactID{}, returned: map[aura.FactID]bool{},
	}
	p.stay(p.home())
	p.ring = keyring.Ephemeral(w.sim.Entropy(p.name + " keys"))
	p.disk = journal.NewFaulty(w.sim.Entropy(p.name+" disk"), journal.Faults{})
	p.chance = newChance(w.sim.Entropy(p.name + " user"))
	p.stage = newChance(w.sim.Entropy(p.name + " sessions"))
	p.hand = newChance(w.sim.Entropy(p.name + " hand"))
	p.checker = newChecker(p)
	p.index = streams{recent: map[string][][]byte{}, own: map[string]bool{}}
	return p
}

func (p *person) self() aura.AuthorityID { return p.ring.Authority() }
func (p *person) link() transport.PeerID { return p.ring.Certificate().Link }

// hands returns the keys, disk, network and clock of the person's next process.
func (p *person) hands() agent.Hands {
	return agent.Hands{
		Ring: p.ring, Entropy: p.world.sim.Entropy(p.name), Store: p.world.store(p),
		Network: func(agent.Gate) (transport.Network, error) {
			p.network = p.host().Join(p.addresses()...)
			return p.world.plantNetwork(p), nil
		},
	}
}

// crash ends the process as a power failure does. First its hands die, so that nothing that unwinds
// reaches the outside.
func (p *person) crash() {
	if l := p.life; l != nil {
		p.life = nil
		p.kill(l)
	}
}

func (p *person) kill(l *life) {
	w := p.world
	survivors := p.disk.Crash()
	p.host().Crash()
	w.sim.Crash(l.group)
	p.disk = survivors
	p.examine(l)
}

// stop ends the process in order.
func (p *person) stop(tc task.Context) {
	l := p.life
	if l == nil {
		return
	}
	p.life = nil
	tc, done := tc.Grace("stop "+p.name, stopWithin)
	defer done()
	w, began := p.world, tc.Elapsed()
	hangs := func(what string, err error) {
		fine := p.excused()
		if aura.KindOf(err) == aura.Timeout {
			fine = p.jammed()
		}
		if err != nil && !fine {
			w.violate(p.name, TasksEnd, "%s: %v", what, err)
		}
	}
	hangs("users", l.users.Close(tc, leaveWithin))
	hangs("front", l.front.Join(tc, leaveWithin))
	hangs("front", l.front.Close(tc, leaveWithin))
	hangs("agent", l.agent.Stop(tc))
	if took := tc.Elapsed() - began; took > stopWithin {
		w.violate(p.name, TasksEnd, "with %v the agent took %v to stop", stopWithin, took)
	}
	if p.jammed() && len(l.group.Live()) > 0 {
		p.kill(l) // only a power failure ends a sync that does not return
		return
	}
	p.examine(l)
	if len(l.group.Live()) > 0 {
		w.sim.Crash(l.group)
	}
	p.disk = p.disk.Crash() // it was closed: this opens it again
}

// examine looks for tasks that are left of a process that has ended.
func (p *person) examine(l *life) {
	if live := l.group.Live(); len(live) > 0 {
		p.world.violate(p.name, TasksEnd, "the process has ended, and live are %v", live)
	}
	// Failures of services are judged where they happen.
	_ = l.group.Err()
}

// lookAtServices finds services that failed. A disk that fails may end a process; nothing else may.
func (p *person) lookAtServices(tc task.Context) {
	l := p.life
	if l == nil {
		return
	}
	failed := l.failed()
	if failed == "" || !p.turn.TryAcquire() {
		return
	}
	defer p.turn.Release()
	if p.life != l {
		return
	}
	if !p.excused() {
		p.world.violate(p.name, ServicesRun, "%s", failed)
	}
	p.world.note(tc, "power cycle", p.name)
	p.crash()
	p.revive(tc)
}

// lookAtOperations finds actions that are shown to have ended otherwise than before, in this life or an earlier one.
func (p *person) lookAtOperations() {
	if p.life == nil {
		return
	}
	for _, o := range p.life.operations() {
		before, ended := p.ended[o.ID]
		switch {
		case ended && o.Phase != before:
			p.world.violate(p.name, OperationsEnd, "%s had %s and is shown as %s %s", o.Kind, before, o.Phase, o.Reason)
		case o.Phase.Terminal():
			p.ended[o.ID] = o.Phase
		}
	}
}

// revive starts the person's agent again, as often as it takes while the disk is not sound.
func (p *person) revive(tc task.Context) {
	for p.life == nil && !p.first().retired {
		err := p.start(tc)
		if err == nil {
			return
		}
		if !p.excused() {
			p.world.violate(p.name, ServicesRun, "the agent does not start: %v", err)
			return
		}
		if tc.Sleep(reviveAgain) != nil {
			return
		}
	}
}

// excuse is how long after a disk failed its effects may still show.
const excuse = 15 * time.Second

// excused reports whether a failure may be the disk's.
func (p *person) excused() bool {
	return p.spoiled() || p.broken || p.sound > 0 && p.world.sim.Elapsed()-p.sound < excuse
}

// jammed reports whether a wait may be for a sync that takes longer than a stage of a stop, or for what that held
// up.
func (p *person) jammed() bool {
	return jams(p.faults) || p.loose > 0 && p.world.sim.Elapsed()-p.loose < stuckFor
}

func jams(f journal.Faults) bool { return f.Stuck || f.SyncDelay > 2*time.Second }

// spoiled reports whether the disk fails. A slow one is no excuse for anything but being slow.
func (p *person) spoiled() bool { return p.faults != journal.Faults{SyncDelay: p.faults.SyncDelay} }

// spoil makes the disk fail.
func (p *person) spoil(f journal.Faults) {
	p.faults = f
	p.broken = p.broken || f.BreakApply > 0
	p.disk.SetFaults(f)
}

// mend makes the disk sound.
func (p *person) mend(tc task.Context) {
	if p.spoiled() {
		p.sound = tc.Elapsed()
	}
	if jams(p.faults) {
		p.loose = tc.Elapsed()
	}
	p.spoil(journal.Faults{})
}

// recover makes the disk sound and sees to it that the agent runs.
func (p *person) recover(tc task.Context) error {
	if err := p.turn.Acquire(tc); err != nil {
		return err
	}
	defer p.turn.Release()
	if p.mend(tc); p.broken {
		p.crash()
	}
	p.revive(tc)
	if p.life == nil && !p.first().retired {
		return aura.Errorf("sim.recover", aura.Unavailable, "%s cannot be started", p.name)
	}
	return nil
}

// finish waits until the user has ended its actions.
func (p *person) finish(tc task.Context) {
	wait, done := tc.WithBudget("finish "+p.name, finishWithin)
	defer done()
	if err := p.life.users.Wait(wait); err != nil {
		p.world.violate(p.name, OperationsEnd, "the user is still busy: %v: %v", err, p.life.users.Live())
	}
}

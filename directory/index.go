package directory

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Index is what all services share of people and contexts. The journal writes it, as a sink, in
// position order and before the writer of a fact learns that it is durable; so a service that has a result
// sees its effect.
type Index struct {
	set  *domain.Set
	self aura.AuthorityID
	meta func(key string) ([]byte, error)

	lock    task.Mutex
	era     uint64   // of the journal, in which the folds were loaded
	renewal *renewal // nil: none is under way
	state   State
	folds   []*journal.Fold   // of what modules index, in their order
	recent  map[string]recent // by kind
	own     map[string]string // the module that indexes a kind
	linking map[string]bool   // kinds that tell with whom there are links
	blind   bool              // a secret could not be read
	peers   int               // that there were at the last call of Peers
	changed []change
	// quarantine has the recent facts that a state could not take.
	quarantine *fact.Quarantine
}

// New returns an empty index for an authority whose agent has a set of modules. meta reads the journal's metadata, nil for
// none.
func New(set *domain.Set, self aura.AuthorityID, meta func(key string) ([]byte, error)) *Index {
	states := set.NewStates(self)
	x := &Index{
		set: set, self: self, meta: meta, recent: map[string]recent{}, linking: map[string]bool{}, own: map[string]string{},
		quarantine: fact.NewQuarantine(task.Contain), state: State{
			States: states, Contacts: domain.Get[*contact.State](states), Moderation: domain.Get[*moderation.State](states),
			Invites: domain.Get[*invite.State](states), Chats: domain.Get[*chat.State](states),
			Devices: domain.Get[*device.State](states), Enrolments: domain.Get[*enrol.State](states), rosters: map[known]*roster.State{}, meta: meta,
			secrets: map[aura.ContextID][32]byte{}, tags: map[transport.Tag]aura.ContextID{},
			codes: map[transport.Tag]transport.Secret{}, keys: map[aura.ContextID][]fact.Certificate{},
		},
	}
	x.state.Chats.Bound(kept)
	for i := range set.Modules() {
		x.add(&set.Modules()[i])
	}
	return x
}

// add lets the index follow what a module names.
func (x *Index) add(m *domain.Module) {
	state := x.state.Of(m.Name)
	for _, k := range m.Kinds {
		switch {
		case matches(m.Recent, k.Name):
			x.recent[k.Name] = recent{m.Name, state}
		case matches(m.Indexed, k.Name):
			x.own[k.Name], x.linking[k.Name] = m.Name, m.Linking
		}
	}
	if len(m.Indexed) > 0 {
		x.folds = append(x.folds, journal.NewFold("fold."+m.Name, fact.Selection{Kinds: m.Indexed}, state, &x.lock))
	}
}

func matches(patterns []string, kind string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fact.MatchKind(p, kind) })
}

// change is what a module notifies.
type change struct {
	module string // "": none
	wake   *task.Wake
}

// recent is the state that follows the newest facts of a kind.
type recent struct {
	module string
	state  domain.State
}

// Load brings an empty index up to date: people, permissions, invitations and groups from their checkpoints
// on, and of the conversations the newest facts of each member, see [Index.Tails]. An agent must not start
// slower for having talked much.
func (x *Index) Load(tc task.Context, j *journal.Journal, own aura.DeviceID) error {
	era, head := j.Era(), j.Head()
	for _, f := range x.folds {
		if err := f.Load(tc, j); err != nil {
			return err
		}
	}
	x.Read(func(s *State) {
		s.own, s.Through, x.era = own, head, era
		x.open()
		x.offer()
	})
	for _, tail := range x.Tails(own) {
		records, err := j.Newest(fact.ContextNamespace(tail.Context), tail.Device, TailLength)
		if err != nil && aura.KindOf(err) != aura.NotFound { // they were collected meanwhile
			return err
		}
		for i := range records {
			x.follow(&records[i])
		}
	}
	return nil
}

// follow folds a fact of which only the newest are followed, and reports whether it is one.
func (x *Index) follow(r *fact.Record) bool {
	by, ok := x.recent[r.Fact.Kind]
	if ok {
		x.quarantine.Take(by.module, r, by.state.Apply)
	}
	return ok
}

// Quarantined returns the facts that a fold could not take, see [fact.Quarantine].
func (x *Index) Quarantined() []fact.Quarantined {
	x.lock.Lock()
	defer x.lock.Unlock()
	held := x.quarantine.Held()
	for _, f := range x.folds {
		held = append(held, f.Quarantined()...)
	}
	return held
}

// Folds returns the folds that are checkpointed.
func (x *Index) Folds() []*journal.Fold {
	x.lock.Lock()
	defer x.lock.Unlock()
	return x.folds
}

// Due returns the checkpoints that it is time to append, and the first error of a state that cannot be saved.
func (x *Index) Due() ([]journal.Checkpoint, error) {
	x.lock.Lock()
	defer x.lock.Unlock()
	return journal.Due(x.folds...)
}

// TailLength is how many of the newest facts of a member that count an index needs.
const TailLength = 64

// Tail names a device that speaks in a shared context.
type Tail struct {
	Context aura.ContextID
	Device  aura.DeviceID
}

// Tails returns the devices that speak in the shared contexts, or spoke there before they were removed, in a fixed order; own
// is this one.
func (x *Index) Tails(own aura.DeviceID) []Tail {
	var tails []Tail
	x.Read(func(s *State) {
		for _, context := range x.contexts() {
			tails = append(tails, Tail{context, own})
			members := s.members(context, x.self)
			for i := range members {
				if tails = append(tails, Tail{context, members[i].Device.ID()}); !members[i].Main {
					continue
				}
				for _, id := range s.Devices.Listed(members[i].Authority) {
					if !slices.ContainsFunc(members, func(m Peer) bool { return m.Device.ID() == id }) && id != own {
						tails = append(tails, Tail{context, id})
					}
				}
			}
		}
	})
	return tails
}

// Committed implements [journal.Sink].
func (x *Index) Committed(records []fact.Record) {
	for _, wake := range x.take(records) {
		wake.Notify()
	}
}

// take folds records and returns whom to tell, in the order of the folds.
func (x *Index) take(records []fact.Record) []*task.Wake {
	x.lock.Lock()
	defer x.lock.Unlock()
	if x.renewal != nil {
		x.renewal.missed = append(x.renewal.missed, records...)
	}
	for _, f := range x.folds {
		f.Committed(records)
	}
	if n := len(records); n > 0 {
		x.state.Through = max(x.state.Through, records[n-1].Position)
	}
	touched := map[string]bool{}
	linking := false
	for i := range records {
		r := &records[i]
		if r.Void || x.follow(r) {
			continue
		}
		if module, indexed := x.own[r.Fact.Kind]; indexed {
			touched[module] = true
			linking = linking || x.linking[r.Fact.Kind]
		}
	}
	if linking { // secrets, members and invitations that wait may have changed with the states
		x.state.turn()
		x.forget()
		x.open()
		x.offer()
	}
	var wakes []*task.Wake
	for _, c := range x.changed {
		if linking || touched[c.module] {
			wakes = append(wakes, c.wake)
		}
	}
	return wakes
}

// OnChange notifies changed whenever people or contexts may have changed, and after each indexed fact of a module; "": of
// none.
func (x *Index) OnChange(module string, changed *task.Wake) {
	x.lock.Lock()
	defer x.lock.Unlock()
	x.changed = append(x.changed, change{module, changed})
}

// Forget undoes the calls of [Index.OnChange] with a wake.
func (x *Index) Forget(changed *task.Wake) {
	x.lock.Lock()
	defer x.lock.Unlock()
	x.changed = slices.DeleteFunc(x.changed, func(c change) bool { return c.wake == changed })
}

// Read lets fn look at the state. It must not wait and must not keep a reference to them.
func (x *Index) Read(fn func(*State)) {
	x.lock.Lock()
	defer x.lock.Unlock()
	fn(&x.state)
}

// Plan runs a pure handler over the state.
func (x *Index) Plan(handler func(*State) (guard.Request, error)) (request guard.Request, err error) {
	x.Read(func(s *State) { request, err = handler(s) })
	return request, err
}

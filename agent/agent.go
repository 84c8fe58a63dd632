package agent

import (
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Options tunes an agent. The zero value is what production uses.
type Options struct {
	// Version is what the agent says of itself. Default: empty.
	Version string
	// Trace, when set, is told the stages of the road as they happen. It must not wait.
	Trace func(service.Step)
	// Window is how long the reactive pipeline gathers facts. Default: [reactive.DefaultWindow].
	Window aura.Duration
	// Transport tunes the channels.
	Transport transport.Options
	// Wrap, when set, puts something around the interpreter: a recorder, or what a test plants.
	Wrap func(interp.Interpreter) interp.Interpreter
	// Stopping, when set, is told each step of a stop: its phase and the service. A test reads it.
	Stopping func(phase, service string)
	// Extra are services that start last and stop first: doors such as the local API.
	Extra []task.Service
}

// Agent is one running participant. Its methods may be called by any task.
//
// Owner: the task that called [New]; its services live in the agent root group.
type Agent struct {
	desk     service.Desk
	options  Options
	registry *fact.Registry
	network  transport.Network
	feed     *reactive.Feed
	unified  *reactive.Unified
	pump     *pump
	tree     tree
	intents  map[string]service.Domain
	queries  *task.Semaphore
	started  aura.Instant
	stopping atomic.Bool // Stop was called
	renewed  []string
}

// New assembles the agent of an authority that was founded before, and starts nothing. Its services live
// in group. It returns the errors of opening the journal and the network.
//
// It reads top to bottom in start order; [Agent.Stop] ends in the reverse.
func New(tc task.Context, group *task.Group, h Hands, o Options) (*Agent, error) {
	registry, err := Registry()
	if err != nil {
		return nil, err
	}
	a := &Agent{options: o, registry: registry, intents: map[string]service.Domain{}, queries: task.NewSemaphore(maxQueries)}
	if a.options.Stopping == nil {
		a.options.Stopping = func(string, string) {}
	}

	store, err := openJournal(tc, h, registry)
	if err != nil {
		return nil, err
	}
	assembled := false
	defer func() {
		if !assembled {
			a.abandon(tc, store)
		}
	}()
	tokens, _, err := frontier.Open(tc, h.Ring.Certificate(), registry.Capabilities(), store.journal)
	if err != nil {
		return nil, err
	}
	book, err := openBook(tc, h, store.journal)
	if err != nil {
		return nil, err
	}
	if !founded(book) {
		return nil, aura.Errorf("agent.New", aura.NotFound, "the journal has no founding facts: the account was not created completely")
	}
	if a.renewed, err = renew(tc, h, store, tokens); err != nil {
		return nil, err
	}
	if err := keepLabels(tc, h, store, tokens, book); err != nil {
		return nil, err
	}
	a.network, err = h.Network(gate(book, tc.Clock()))
	if err != nil {
		return nil, err
	}

	// No view runs here: the Cores of the frontends fold. This scheduler gathers windows for those who watch.
	a.feed = reactive.NewFeed(store.journal.Head())
	scheduler, err := reactive.NewScheduler(reactive.NewHub(), reactive.Options{Feed: a.feed, Window: o.Window})
	if err != nil {
		return nil, err
	}
	a.unified = reactive.NewUnified(scheduler, history{store.journal}, a.commit, a.permits)
	a.pump = newPump(store.journal, scheduler, h.Entropy)
	a.pump.wards = []ward{{service: "book", held: book.Quarantined}, {service: "interp", held: tokens.Quarantined}}
	store.journal.Attach(a.pump)

	var sync *service.Sync
	production := interp.NewProduction(h.Ring.Authority(), h.Ring.Device(), store.journal, h.Ring, sender{&sync})
	var interpreter interp.Interpreter = production
	if o.Wrap != nil {
		interpreter = o.Wrap(interpreter)
	}
	a.desk = service.Desk{
		Ring: h.Ring, Journal: store.journal, Registry: registry, Frontier: tokens, Book: book,
		Board: service.NewBoard(scheduler), Entropy: h.Entropy, Operations: service.NewOperations(store.journal),
		Receipts: production.Receipts, CollectReceipts: production.CollectReceipts,
		Reach: a.reach, Trace: o.Trace,
		Chain: chain.New(h.Ring.Authority(), h.Ring.Device(), store.journal, tokens, interpreter, h.Entropy, chain.Options{}),
	}
	a.desk.Relays, _ = a.network.(service.Relays)
	a.desk.Moves, _ = a.network.(service.Moves)
	channels := &channels{network: a.network, hands: h, book: book, options: o.Transport}
	invites := service.NewInvite(&a.desk, channels)
	chats := service.NewChat(&a.desk)
	contacts := service.NewContact(&a.desk)
	moderation := service.NewModeration(&a.desk)
	capabilities := service.NewCapability(&a.desk)
	sync = service.NewSync(&a.desk, channels, invites)
	store.journal.Attach(committed{sync, h.Ring.Device()})
	for _, d := range []service.Domain{contacts, invites, chats, moderation, capabilities} {
		for _, kind := range d.Intents() {
			a.intents[kind] = d
		}
	}

	a.tree = tree{record: a.options.Stopping, shut: a.shut, pipeline: task.Supervise(group, scheduler)}
	for _, s := range append([]task.Service{
		store, a.pump, production, channels, contacts, invites, chats, moderation, capabilities,
		service.NewMaintenance(&a.desk, invites), sync,
	}, o.Extra...) {
		a.tree.add(s.Name(), task.Supervise(group, s))
	}
	assembled = true
	return a, nil
}

// abandon closes what New had opened when it failed.
func (a *Agent) abandon(tc task.Context, store *storage) {
	tc, done := tc.Grace("abandon", closeGrace)
	defer done()
	if a.network != nil {
		_ = a.network.Close(tc) // the error that made New fail is the one to report
	}
	_ = store.Close(tc)
}

// Start starts the pipeline and then every service in order. When one fails, those that run are stopped.
func (a *Agent) Start(tc task.Context) error {
	a.started = tc.Now().At
	if err := a.tree.pipeline.Start(tc); err != nil {
		return err
	}
	if err := a.tree.start(tc); err != nil {
		return err
	}
	tc.Emit(world.RuntimeStarted("agent"))
	return nil
}

// Stop ends the agent in the order of the runtime document, within the budget of tc, else within half a
// minute, even if tc is cancelled. What hangs is named in the error.
func (a *Agent) Stop(tc task.Context) error {
	a.stopping.Store(true)
	return a.tree.stop(tc)
}

// shut closes the doors of the reactive pipeline behind what is committed by now.
func (a *Agent) shut(tc task.Context) {
	a.pump.finish(tc)
	a.pump.scheduler.Shut()
}

// Self returns whose agent this is.
func (a *Agent) Self() aura.AuthorityID { return a.desk.Ring.Authority() }

// Renewed returns the capabilities that the authority permitted itself when this agent was assembled, because
// the build that founded it had not known them; nil: none.
func (a *Agent) Renewed() []string { return a.renewed }

// Registry returns the kinds, intents and retentions of the domains that the agent runs with.
func (a *Agent) Registry() *fact.Registry { return a.registry }

// Journal returns the agent's journal, for those who check it: tests and the simulator.
func (a *Agent) Journal() *journal.Journal { return a.desk.Journal }

// Room returns the room in which the agent's requests are decided.
func (a *Agent) Chain() *chain.Chain { return a.desk.Chain }

// reach says where this agent can be reached now, in as many addresses as a fact may hold.
func (a *Agent) reach() []string {
	all := a.network.Addresses()
	texts := make([]string, 0, min(len(all), contact.MaxAddresses))
	for _, address := range all[:min(len(all), contact.MaxAddresses)] {
		texts = append(texts, string(address))
	}
	return texts
}

// sender is the interpreter's way to the links, which are made after it.
type sender struct{ sync **service.Sync }

// Release implements [interp.Sender].
func (s sender) Release(tc task.Context, e effect.Envelope) {
	if *s.sync != nil {
		(*s.sync).Release(tc, e)
	}
}

// committed wakes the links of contexts in which this device said something, and all when what is permitted
// has changed.
type committed struct {
	sync   *service.Sync
	device aura.DeviceID
}

// Committed implements [journal.Sink].
func (c committed) Committed(records []fact.Record) {
	permitted := false
	var told aura.ContextID // the facts of a group are mostly of one conversation
	for i := range records {
		f := &records[i].Fact
		if context, shared := f.Namespace.Context(); shared && f.Device == c.device && context != told {
			told = context
			c.sync.Committed(context)
		}
		switch f.Kind {
		case capability.KindToken, capability.KindRevoked, capability.KindPolicy:
			permitted = true
		}
	}
	if permitted {
		c.sync.Permitted()
	}
}

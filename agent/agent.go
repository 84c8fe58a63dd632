package agent

import (
	"maps"
	"sync/atomic"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/presence"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/ceremony"
	"github.com/aura-runtime/aura/session/reconfig"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Options tunes an agent. The zero value is what production uses.
type Options struct {
	// Modules are the domains that the agent has beside those of every agent. Default: none.
	Modules []domain.Module
	// Version is the version that the agent's status reports. Default: empty.
	Version string
	// Trace, when set, is told the stages of the road as they happen. It must not wait.
	Trace trace.Func
	// Window is how long the reactive pipeline gathers facts. Default: [reactive.DefaultWindow].
	Window aura.Duration
	// Width is how many steps of sessions are taken at once where their admission allows it, see [session.Options]. Default: 1.
	Width int
	// Hardening is the posture of the sessions, see [session.Options]. Default: production.
	Hardening machine.Hardening
	// Transport tunes the channels.
	Transport transport.Options
	// Wrap, when set, wraps the interpreter: a recorder, or the planted bug of a test.
	Wrap func(interp.Interpreter) interp.Interpreter
	// Stopping, when set, is told each step of a stop: its phase and the service. A test reads it.
	Stopping func(phase, service string)
	// Takes returns why the owner does not take part in a session of several participants to which another authority invites;
	// nil: it does. Default: the owner takes part in no such session. Own devices need no permission.
	Takes func(tc task.Context, from session.Party, i *seen.Invite) error
	// Judges returns why this device does not sign an operation on which witnesses are to agree; nil: it signs. Default: it
	// signs none.
	Judges func(tc task.Context, o *consensus.Operation) error
	// Sessions adds protocols beside those of every agent, the programs of their roles, and who may begin their sessions. Default: none.
	Sessions func(*session.Registry) error
	// Extra are services that start last and stop first: doors such as the local API.
	Extra []task.Service
}

// Agent is one running participant. Its methods may be called by any task.
//
// Owner: the task that called [New]; its services live in groups below that of New.
type Agent struct {
	env      service.Env
	options  Options
	set      *domain.Set
	network  transport.Network
	feed     *reactive.Feed
	unified  *reactive.Unified
	services services
	tree     tree
	intents  map[string]*service.Module
	queries  *task.Semaphore
	listing  *task.Semaphore     // held while an entry of the roster is made, until it is durable
	answers  map[string]answerer // by the kind of question
	started  aura.Instant
	stopping atomic.Bool // Stop was called
	renewed  []string
	withheld []string // see [status.Status.Withheld]

	siblings   *service.Siblings
	ceremonies *ceremony.Ceremonies
	moves      *reconfig.Controller
}

// New assembles the agent of an authority that was founded before, and starts nothing. Its services live
// in group. It returns the errors of opening the journal and the network.
//
// It reads top to bottom in start order; [Agent.Stop] ends in the reverse.
func New(tc task.Context, group *task.Group, h Hands, o Options) (*Agent, error) {
	set, err := builtin.New(o.Modules...)
	if err != nil {
		return nil, err
	}
	if err := checkProtocols(set); err != nil {
		return nil, err
	}
	registry := set.Registry()
	a := &Agent{options: o, set: set, intents: map[string]*service.Module{}, queries: task.NewSemaphore(maxQueries), listing: task.NewSemaphore(1)}
	a.answers = a.hosted()
	if err := a.checkQuestions(); err != nil {
		return nil, err
	}
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
	if by, err := store.journal.Meta(enrol.JoiningKey); err != nil {
		return nil, err
	} else if by != nil {
		return nil, aura.Errorf("agent.New", aura.Unavailable, "this device has not joined its account yet: go on with aura init --join LINE")
	}
	tokens, _, err := frontier.Open(tc, h.Ring.Certificate(), registry.Capabilities(), store.journal)
	if err != nil {
		return nil, err
	}
	index, err := openDirectory(tc, h, set, store.journal)
	if err != nil {
		return nil, err
	}
	tokens.SetShares(index)
	if !founded(index) {
		return nil, aura.Errorf("agent.New", aura.NotFound, "the journal has no founding facts: the account was not created completely")
	}
	if err := moveReceipts(tc, store); err != nil {
		return nil, err
	}
	if a.renewed, a.withheld, err = renew(tc, h, set, store, tokens); err != nil {
		return nil, err
	}
	if err := keepLabels(tc, h, store, tokens, index); err != nil {
		return nil, err
	}
	a.network, err = h.Network(gate(index, tc.Clock()))
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
	pump := newPump(store.journal, scheduler, h.Entropy)
	pump.followers = []follower{{service: "directory", quarantined: index.Quarantined}, {service: "frontier", quarantined: tokens.Quarantined}}
	store.journal.Attach(pump)

	var links *replica.Replicator
	production := interp.NewProduction(h.Ring.Authority(), h.Ring.Device(), store.journal, h.Ring, sender{&links})
	var interpreter interp.Interpreter = production
	if o.Wrap != nil {
		interpreter = o.Wrap(interpreter)
	}
	decider := &egress.Decider{
		Authority: h.Ring.Authority(), Trace: o.Trace,
		Chain: chain.New(h.Ring.Authority(), h.Ring.Device(), store.journal, tokens, interpreter, h.Entropy, chain.Options{}),
	}
	a.env = service.Env{
		Ring: h.Ring, Journal: store.journal, Modules: set, Frontier: tokens, Decider: decider, Directory: index,
		Entropy: h.Entropy, Operations: service.NewOperations(store.journal),
		CollectReceipts: production.CollectReceipts, Addresses: a.addresses,
	}
	channels := &channels{network: a.network, hands: h, directory: index, options: o.Transport}
	programs, err := sessions(set, o.Sessions)
	if err != nil {
		return nil, err
	}
	engine := session.NewEngine(session.Options{
		Own: h.Ring.Authority(), Device: h.Ring.Device(), Registry: programs, Decider: decider, Journal: store.journal, Entropy: h.Entropy, Told: told(o.Trace),
		Waiting: waiting(&links), Hardening: o.Hardening, Vouch: a.vouch, Removed: index.Removed, Width: o.Width, Policy: tokens.Policy,
	})
	invites, err := service.NewInvite(&a.env, set, channels, engine)
	if err != nil {
		return nil, err
	}
	if err := invites.Play(programs); err != nil {
		return nil, err
	}
	enrolments, err := service.NewSponsor(&a.env, engine, a.enrol)
	if err != nil {
		return nil, err
	}
	if err := enrolments.Play(programs); err != nil {
		return nil, err
	}
	a.env.Ceremonies = service.NewCeremonies(&a.env, engine)
	if err := a.env.Ceremonies.Play(programs); err != nil {
		return nil, err
	}
	if err := a.convene(engine, programs); err != nil {
		return nil, err
	}
	if err := a.reconfigure(engine, programs); err != nil {
		return nil, err
	}
	a.siblings = service.NewSiblings(&a.env, engine)
	if err := a.siblings.Play(programs); err != nil {
		return nil, err
	}
	store.journal.Attach(a.siblings)
	modules, err := a.serve(invites.Module, enrolments.Module)
	if err != nil {
		return nil, err
	}
	relays, _ := a.network.(replica.Relays)
	moves, _ := a.network.(replica.Moves)
	links = replica.New(&replica.Env{
		Ring: h.Ring, Journal: store.journal, Registry: registry, Frontier: tokens, Decider: decider, Directory: index,
		Presence: presence.New(scheduler), Entropy: h.Entropy, Channels: channels, Receipts: production.Receipts,
		Addresses: a.addresses, Relays: relays, Moves: moves, Stranger: strangers(invites, enrolments), Met: invites.Met, Removed: a.removed,
		Sessions: speaking{engine, programs, h.Ring.Device(), h.Ring.Authority(), a.siblings},
	})
	store.journal.Attach(&committed{links: links, device: h.Ring.Device(), frontier: tokens, permitted: tokens.Version(), directory: index, sessions: engine})
	a.services = services{
		storage: store, views: scheduler, pump: pump, channels: channels, sessions: engine, invites: invites, modules: modules,
		maintenance: service.NewMaintenance(&a.env, invites), siblings: a.siblings, replicator: links, doors: o.Extra,
	}
	a.tree = a.services.supervise(group)
	a.tree.record, a.tree.shut = a.options.Stopping, a.shut
	assembled = true
	return a, nil
}

// strangers returns what answers a channel that opened with a code of this device: an invitation, or the line for a new device.
func strangers(invites *service.Invite, enrolments *service.Sponsor) func(task.Context, *transport.Channel) {
	return func(tc task.Context, c *transport.Channel) {
		if enrolments.Offers(c.Context()) {
			enrolments.Stranger(tc, c)
			return
		}
		invites.Stranger(tc, c)
	}
}

// serve makes the services of the modules, but for the two that have one already, and notes who takes which intent.
func (a *Agent) serve(invites, enrolments *service.Module) (modules []*service.Module, err error) {
	hosts := service.Hosts{}
	maps.Copy(hosts, service.NewTokens(&a.env).Hosts())
	maps.Copy(hosts, service.CheckedAddresses())
	hosts[seen.IntentMove], hosts[device.IntentRemove] = a.movesSession, a.removes
	for i := range a.set.Modules() {
		m := &a.set.Modules()[i]
		s := invites
		switch m.Name {
		case invites.Name():
		case enrolments.Name():
			s = enrolments
			modules = append(modules, s)
		default:
			if s, err = service.NewModule(&a.env, m, hosts); err != nil {
				return nil, err
			}
			if s.Idle() {
				continue
			}
			modules = append(modules, s)
		}
		for _, kind := range s.Intents() {
			a.intents[kind] = s
		}
	}
	return modules, nil
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
// minute, even if tc is cancelled. The error names each service that hangs.
func (a *Agent) Stop(tc task.Context) error {
	a.stopping.Store(true)
	return a.tree.stop(tc)
}

// shut closes the reactive pipeline after it took the facts that are committed by now.
func (a *Agent) shut(tc task.Context) {
	a.services.pump.finish(tc)
	a.services.pump.scheduler.Shut()
}

// addresses says where this agent can be reached now, in as many addresses as a fact may hold.
func (a *Agent) addresses() []string { return addressesOf(a.network) }

func addressesOf(n transport.Network) []string {
	all := n.Addresses()
	texts := make([]string, 0, min(len(all), contact.MaxAddresses))
	for _, address := range all[:min(len(all), contact.MaxAddresses)] {
		texts = append(texts, string(address))
	}
	return texts
}

// sender is the interpreter's way to the links, which are made after it.
type sender struct{ links **replica.Replicator }

// Release implements [interp.Sender].
func (s sender) Release(tc task.Context, e effect.Envelope) {
	if *s.links != nil && e.Message == nil { // a message of a session leaves by its engine
		(*s.links).Release(tc, e)
	}
}

// committed wakes the links of contexts to which this device added a fact, and all links when the frontier
// has changed. It tells the sessions when devices may have been removed.
type committed struct {
	links     *replica.Replicator
	device    aura.DeviceID
	frontier  *frontier.Index // a sink before this one
	permitted uint64          // its version when the links were woken last
	directory *directory.Index
	turned    uint64 // its turn when the sessions were told last
	sessions  *session.Engine
}

// Committed implements [journal.Sink].
func (c *committed) Committed(records []fact.Record) {
	var told aura.ContextID // the facts of a group are mostly of one conversation
	for i := range records {
		f := &records[i].Fact
		if context, shared := f.Namespace.Context(); shared && f.Device == c.device && context != told {
			told = context
			c.links.Committed(context)
		}
	}
	if now := c.frontier.Version(); now != c.permitted {
		c.permitted = now
		c.links.Permitted()
	}
	if now := c.directory.Turn(); now != c.turned {
		c.turned = now
		c.sessions.Removals()
	}
}

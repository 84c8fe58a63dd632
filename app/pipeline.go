package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// pipeline holds the signals and the views behind them.
type pipeline struct {
	hub       *reactive.Hub
	scheduler *reactive.Scheduler
	chats     *chatsView
	gate      *task.Semaphore // one task at a time opens a conversation
	opened    map[aura.ContextID]bool
}

func newPipeline(set *domain.Set, self aura.AuthorityID, p *published, o Options) (*pipeline, error) {
	h := reactive.NewHub()
	all := newFold(set, self, o.Keep)
	var views []reactive.View
	modules := map[string]*moduleView{}
	folded := map[string]string{}
	for i := range set.Modules() {
		m := &set.Modules()[i]
		state := all.states.Of(m.Name)
		if state == nil {
			continue
		}
		if state == domain.State(all.chats) || state == domain.State(all.deliveries) {
			folded[m.Name] = viewChats // which folds them with the conversations that they change
			continue
		}
		v, err := newModuleView(h, m, all)
		if err != nil {
			return nil, err
		}
		v.views = folded
		folded[m.Name] = v.Name()
		modules[v.Name()] = v
		views = append(views, v)
	}
	chats := &chatsView{
		contacts: modules[viewContacts], moderation: modules[viewModeration], fold: all,
		listed: map[aura.ContextID]chat.Thread{}, touched: map[aura.ContextID]bool{},
	}
	connections, agent := &connectionsView{}, &agentView{}
	people := &peopleView{fold: all, connections: connections}
	operations := &operationsView{durable: newOutcomes(set, self), published: p}

	var err error
	register(h, &err, &people.outlet, People, []Person{})
	register(h, &err, &chats.outlet, Chats, []chat.Thread{})
	register(h, &err, &connections.outlet, Connections, []status.Peer{})
	register(h, &err, &agent.outlet, Agent, Attachment{})
	register(h, &err, &operations.outlet, Operations, []Operation{})
	if err != nil {
		return nil, err
	}
	s, err := reactive.NewScheduler(h, reactive.Options{Immediate: true},
		append(views, foldView{all}, chats, connections, people, agent, operations)...)
	return &pipeline{
		hub: h, scheduler: s, chats: chats, gate: task.NewSemaphore(1), opened: map[aura.ContextID]bool{},
	}, err
}

// register keeps the first error of several registrations.
func register[T any](h *reactive.Hub, err *error, to **reactive.Outlet[T], s reactive.Signal[T], first T) {
	if *err == nil {
		*to, *err = reactive.Register(h, s, first)
	}
}

// open registers the signal of one conversation, once.
func (p *pipeline) open(tc task.Context, context aura.ContextID, last int) (reactive.Signal[Conversation], error) {
	s := conversationSignal(context)
	if err := p.gate.Acquire(tc); err != nil {
		return s, err
	}
	defer p.gate.Release()
	if p.opened[context] {
		return s, nil
	}
	outlet, err := reactive.Register(p.hub, s, Conversation{})
	if err != nil {
		return s, err
	}
	p.opened[context] = true
	return s, p.scheduler.Bind(tc, &conversationView{context: context, last: last, outlet: outlet, chats: p.chats})
}

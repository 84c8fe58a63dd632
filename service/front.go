package service

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

const (
	// frontCapacity is how many intents may wait at a service before Submit waits itself: more than the
	// callers that the local API admits.
	frontCapacity = 512
	// frontAtOnce is how many intents a service works on at once. Their commits share a sync, so this is
	// also how far group commit can reach.
	frontAtOnce = 256
)

// front is the receive loop of the domain services: intents arrive in one bounded mailbox, and each is
// handled in a task of its own under the service's group. Owner: agent root group.
type front struct {
	name    string
	mail    *task.Mailbox[submission]
	handles map[string]handler // by kind of intent
}

// handler takes one kind of intent through the room.
type handler func(task.Context, fact.Intent) (fact.Result, error)

// Domain is a service that takes intents.
type Domain interface {
	task.Service
	// Intents returns the kinds that the service takes, ascending.
	Intents() []string
	// Submit hands an intent of such a kind to the service and waits for its result.
	Submit(tc task.Context, in fact.Intent) (fact.Result, error)
}

type submission struct {
	intent fact.Intent
	reply  *task.Reply[fact.Result]
}

func newFront(name string, handles map[string]handler) front {
	return front{name: name, mail: task.NewMailbox[submission](name, frontCapacity), handles: handles}
}

// Intents implements [Domain].
func (f *front) Intents() []string { return slices.Sorted(maps.Keys(f.handles)) }

// Name implements [task.Service].
func (f *front) Name() string { return f.name }

// Owner implements [task.Service].
func (f *front) Owner() string { return "agent root group" }

// Submit implements [Domain].
func (f *front) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	if f.handles[in.Kind] == nil {
		return fact.Result{}, aura.Errorf("service.Submit", aura.NotFound, "%s takes no intent %q", f.name, in.Kind)
	}
	s := submission{intent: in, reply: task.NewReply[fact.Result]()}
	if err := f.mail.Send(tc, s); err != nil {
		return fact.Result{}, err
	}
	return s.reply.Await(tc)
}

// Start implements [task.Service]. There is nothing to repair: the journal is the state.
func (f *front) Start(task.Context) error { return nil }

// Serve implements [task.Service]. When it ends, what is in hand ends with the service's group and what
// waits is refused.
func (f *front) Serve(tc task.Context) error {
	places := task.NewSemaphore(frontAtOnce)
	defer f.refuse()
	for {
		s, err := f.mail.Recv(tc)
		if err != nil {
			return err
		}
		if err := places.Acquire(tc); err != nil {
			s.reply.Resolve(fact.Result{}, err)
			return err
		}
		tc.Group().Go(f.name+".submit", func(tc task.Context) error {
			defer places.Release()
			// A panic or an abort in the handler must not leave the caller waiting.
			defer s.reply.Resolve(fact.Result{}, aura.Errorf("service.Submit", aura.Internal, "the handler of %s ended without a result", s.intent.Kind))
			s.reply.Resolve(f.handles[s.intent.Kind](tc, s.intent))
			return nil
		})
	}
}

func (f *front) refuse() {
	f.mail.Close()
	for {
		s, ok := f.mail.TryRecv()
		if !ok {
			return
		}
		s.reply.Resolve(fact.Result{}, aura.Errorf("service.Submit", aura.Unavailable, "the agent is stopping"))
	}
}

// Close implements [task.Service].
func (f *front) Close(task.Context) error { return nil }

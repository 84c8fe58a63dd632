package service

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

const (
	// intentCapacity is how many intents may wait at a service before Submit waits itself: more than the
	// callers that the local API admits.
	intentCapacity = 512
	// intentsAtOnce is how many intents a service works on at once. Their commits share a sync, so this is
	// also how far group commit can reach.
	intentsAtOnce = 256
)

// intentServer is the receive loop of the services that take intents: these arrive in one bounded mailbox, and each is
// handled in a task of its own below the service's group. The caller's budget and its cancellation reach that
// task.
type intentServer struct {
	name       string
	operations *Operations
	mail       *task.Mailbox[*submission]
	carry      map[string]IntentFunc // by kind of intent
}

// submission is an intent on its way through a service.
type submission struct {
	intent fact.Intent
	until  aura.Duration // of Elapsed: when the caller's budget is spent; task.Forever without one
	reply  *task.Future[fact.Result]
	op     *operation
	end    func(*operation, error) // takes the operation out of the table

	lock  task.Mutex
	group *task.Group // of the handler's task; nil: not begun
	gone  bool        // the caller waits no more
}

// begin gives the handler's task a group. False: the caller has gone, and nothing happens.
func (s *submission) begin(g *task.Group) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	if !s.gone {
		s.group = g
	}
	return !s.gone
}

// abandon tells the handler that the caller waits no more. If there is none yet, nothing will happen and why is
// the answer.
func (s *submission) abandon(why error) {
	s.lock.Lock()
	unbegun := s.group == nil && !s.gone
	s.gone = true
	g := s.group
	s.lock.Unlock()
	if unbegun {
		s.answer(fact.Result{}, why)
	} else if g != nil {
		g.Cancel()
	}
}

func newIntentServer(e *Env, name string, carry map[string]IntentFunc) intentServer {
	return intentServer{
		name: name, operations: e.Operations, mail: task.NewMailbox[*submission](name, intentCapacity), carry: carry,
	}
}

// Intents returns the kinds that the service takes, ascending.
func (i *intentServer) Intents() []string { return slices.Sorted(maps.Keys(i.carry)) }

// Name implements [task.Service].
func (i *intentServer) Name() string { return i.name }

// Declaration implements [task.Service].
func (i *intentServer) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Mailbox: intentCapacity,
		Owns:   task.Locked("service.submission"),
		Events: []world.Family{world.FamilyHealth},
	}
}

// Submit hands an intent of such a kind to the service and waits for its result. When tc ends first its error comes
// back, and the intent is withdrawn: see [Operations.Withdraw] for whether it may still happen.
func (i *intentServer) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	if i.carry[in.Kind] == nil {
		return fact.Result{}, aura.Errorf("service.Submit", aura.NotFound, "%s takes no intent %q", i.name, in.Kind)
	}
	s := &submission{
		intent: in, until: task.Forever, reply: task.NewFuture[fact.Result](),
		op: newOperation(in.Operation), end: i.operations.end,
	}
	s.op.stop = func() { s.abandon(aura.Errorf("service.Submit", aura.Cancelled, "the action was withdrawn")) }
	if left, limited := tc.Remaining(); limited {
		s.until = tc.Elapsed() + left
	}
	if err := i.operations.begin(tc, s.op); err != nil {
		return fact.Result{}, err
	}
	if err := i.mail.Send(tc, s); err != nil {
		s.answer(fact.Result{}, err)
		return fact.Result{}, err
	}
	r, err := s.reply.Await(tc)
	if ended := tc.Err(); err != nil && ended != nil {
		s.abandon(ended)
	}
	return r, err
}

// Start implements [task.Service]. There is nothing to repair: the journal is the state.
func (i *intentServer) Start(task.Context) error { return nil }

// Serve implements [task.Service]. At its end the intents that have begun end with the service's group, and those that wait are
// refused.
func (i *intentServer) Serve(tc task.Context) error {
	places := task.NewSemaphore(intentsAtOnce)
	defer i.refuse()
	for {
		s, err := i.mail.Recv(tc)
		if err != nil {
			return err
		}
		if err := places.Acquire(tc); err != nil {
			s.answer(fact.Result{}, err)
			return err
		}
		g := task.NewGroup(tc, i.name+".intent")
		if !s.begin(g) {
			places.Release()
			continue
		}
		g.Go(i.name+".submit", func(tc task.Context) error {
			defer places.Release()
			i.handle(tc, s)
			return nil
		})
	}
}

// handle runs the handler of an intent within its caller's budget.
func (i *intentServer) handle(tc task.Context, s *submission) {
	// A panic or an abort in the handler must not leave the caller waiting. Its effects until then are not known.
	defer func() { s.answer(fact.Result{}, journal.Lost("service.Submit")) }()
	tc, done := tc.WithBudget("intent", s.until-tc.Elapsed())
	defer done()
	s.answer(i.carry[s.intent.Kind](tc, s.intent))
}

// answer resolves a submission, once.
func (s *submission) answer(r fact.Result, err error) {
	if s.reply.Resolve(r, err) {
		s.end(s.op, err)
	}
}

func (i *intentServer) refuse() {
	i.mail.Close()
	for {
		s, ok := i.mail.TryRecv()
		if !ok {
			return
		}
		s.answer(fact.Result{}, aura.Errorf("service.Submit", aura.Unavailable, "the agent is stopping"))
	}
}

// Close implements [task.Service].
func (i *intentServer) Close(task.Context) error { return nil }

// answered turns the facts of a decision into the answer to an intent, with the result that its kind has.
func answered(in fact.Intent, r effect.Result, err error, result any) (fact.Result, error) {
	out, err := submitted(in, r, err)
	if err != nil {
		return fact.Result{}, err
	}
	out.Payload, err = fact.Marshal(result)
	return out, err
}

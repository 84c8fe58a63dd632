package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// OfflineOptions of a [NewOffline].
type OfflineOptions struct {
	Options
	// Records are the facts that exist when the Core begins, in position order from 1. Default: none.
	Records []fact.Record
	// Journal has the facts in place of Records: those of an account whose agent does not run. Then the Core takes no
	// local facts either, which would be lost. Default: none.
	Journal reactive.Reader
}

// NewOffline returns a Core without an agent, in the name of the given authority. It refuses with [aura.Unavailable]
// what needs a peer. Without a journal it folds local facts in memory and forgets them at its end.
func NewOffline(tc task.Context, self aura.AuthorityID, device aura.DeviceID, entropy world.Entropy, o OfflineOptions) (*Core, error) {
	b := &offline{self: self, device: device, entropy: entropy, journal: o.Journal, fold: newFold(self, o.Keep)}
	if b.journal != nil {
		b.feed = reactive.NewFeed(b.journal.Head())
		return New(tc, b, entropy, o.Options)
	}
	b.feed = reactive.NewFeed(0)
	for i := range o.Records {
		b.take(o.Records[i])
	}
	return New(tc, b, entropy, o.Options)
}

// offline is a bridge to a journal, or to nothing but memory.
type offline struct {
	self    aura.AuthorityID
	device  aura.DeviceID
	entropy world.Entropy
	feed    *reactive.Feed
	journal reactive.Reader // nil: the records below

	mu      task.Mutex
	fold    *fold
	records []fact.Record
	logical aura.Logical
}

// take adds a record. The caller holds mu, or nobody else knows b yet.
func (b *offline) take(r fact.Record) {
	b.records = append(b.records, r)
	b.logical = max(b.logical, r.Fact.Logical)
	b.fold.record(&r)
	b.feed.Publish(&fact.Update{Records: []fact.Record{r}})
}

// Submit implements [Bridge]: it runs the domain's handler and appends what it plans.
func (b *offline) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	const op = "app.Submit"
	if err := tc.Err(); err != nil {
		return fact.Result{}, err
	}
	if b.journal != nil {
		if !registered(in.Kind) {
			return fact.Result{}, errUnknown(in.Kind)
		}
		return fact.Result{}, aura.Errorf(op, aura.Unavailable, "the account is open for reading alone: start its agent with: aura up")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	plan, err := b.plan(in, tc.Now())
	if err != nil {
		return fact.Result{}, err
	}
	if len(plan.Sends) > 0 {
		return fact.Result{}, errOffline(op)
	}
	res := fact.Result{Operation: in.Operation}
	for _, draft := range plan.Entries {
		r := fact.Record{
			Position: fact.Position(len(b.records) + 1), Seq: uint64(len(b.records) + 1),
			Fact: fact.Fact{
				Namespace: draft.Namespace, Kind: draft.Kind, Operation: draft.Operation, Payload: draft.Payload,
				Logical: b.logical + 1, Author: b.self, Device: b.device,
			},
		}
		_, _ = b.entropy.Read(r.Fact.Order[:]) // [world.Entropy] always fills it
		r.ID = r.Fact.ID()
		b.take(r)
		res.Facts = append(res.Facts, r.ID)
	}
	return res, nil
}

// plan runs the pure handler of an intent. Intents that always need a peer have none here.
func (b *offline) plan(in fact.Intent, now aura.Physical) (guard.Request, error) {
	const op = "app.Submit"
	if len(in.Payload) > fact.MaxPayload {
		return guard.Request{}, aura.Errorf(op, aura.Invalid, "the payload has %d bytes, the most is %d", len(in.Payload), fact.MaxPayload)
	}
	by := domain.Caller{Authority: b.self, Device: b.device, Operation: in.Operation, Now: now}
	change := func(plan func(domain.Caller, moderation.Target) (guard.Request, error)) func(moderation.ChangeIntent) (guard.Request, error) {
		return func(p moderation.ChangeIntent) (guard.Request, error) {
			return b.fold.chats.Change(b.fold.setting(), by, p, plan)
		}
	}
	switch in.Kind {
	case contact.IntentName:
		return planned(in, func(p contact.NameIntent) (guard.Request, error) { return contact.Name(by, p) })
	case contact.IntentRename:
		return planned(in, func(p contact.RenameIntent) (guard.Request, error) {
			return chat.Rename(b.fold.chats, b.fold.setting(), by, p)
		})
	case contact.IntentAddress:
		return planned(in, func(p contact.AddressIntent) (guard.Request, error) {
			return contact.Address(&b.fold.contacts, by, p)
		})
	case contact.IntentRemove:
		return planned(in, func(p contact.RemoveIntent) (guard.Request, error) {
			return contact.Remove(&b.fold.contacts, by, p)
		})
	case moderation.IntentMute:
		return planned(in, change(moderation.Mute))
	case moderation.IntentUnmute:
		return planned(in, change(moderation.Unmute))
	case moderation.IntentBlock:
		return planned(in, change(moderation.Block))
	case moderation.IntentUnblock:
		return planned(in, func(p moderation.ChangeIntent) (guard.Request, error) {
			return b.fold.chats.Change(b.fold.setting(), by, p, func(by domain.Caller, t moderation.Target) (guard.Request, error) {
				return moderation.Unblock(&b.fold.moderation, by, t.Authority, p.Drop, nil)
			})
		})
	}
	if registered(in.Kind) {
		return guard.Request{}, errOffline(op)
	}
	return guard.Request{}, errUnknown(in.Kind)
}

func errUnknown(intent string) error {
	return aura.Errorf("app.Submit", aura.NotFound, "no domain knows the intent %q", intent)
}

// planned decodes an intent's payload for its handler.
func planned[T any](in fact.Intent, handle func(T) (guard.Request, error)) (guard.Request, error) {
	var p T
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return guard.Request{}, &aura.Error{Op: "app.Submit", Kind: aura.Invalid, Err: err}
	}
	return handle(p)
}

func errOffline(op aura.Op) error {
	return aura.Errorf(op, aura.Unavailable, "there is no agent: this needs one, and the other side")
}

// Watch implements [Bridge].
func (b *offline) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	if err := tc.Err(); err != nil {
		return err
	}
	if b.journal != nil {
		return b.feed.Watch(tc, b.journal, sel, sink)
	}
	return b.feed.Watch(tc, b, sel, sink)
}

// Head implements [reactive.Reader].
func (b *offline) Head() fact.Position { return b.feed.Head() }

// Read implements [reactive.Reader].
func (b *offline) Read(_ task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	b.mu.Lock()
	records := b.records
	b.mu.Unlock()
	selected := sel.Of(records)
	for i := range selected {
		if err := fn(&selected[i]); err != nil {
			return err
		}
	}
	return nil
}

// Ask implements [Bridge].
func (b *offline) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	if err := tc.Err(); err != nil {
		return fact.Answer{}, err
	}
	switch q.Kind {
	case status.Question:
	case query.Question, query.QuestionKinds, capability.QuestionExplain, capability.QuestionTokens:
		return fact.Answer{}, aura.Errorf("app.Ask", aura.Unavailable, "only an agent answers this: start it with: aura up")
	default:
		return fact.Answer{}, aura.Errorf("app.Ask", aura.NotFound, "the question %q is not known", q.Kind)
	}
	body, err := fact.Marshal(status.Status{Authority: b.self, Device: b.device, Facts: b.feed.Head()})
	return fact.Answer{Payload: body}, err
}

// registered reports whether a domain knows the intent.
func registered(intent string) bool {
	for _, d := range []fact.Domain{chat.Domain(), contact.Domain(), invite.Domain(), moderation.Domain()} {
		if slices.Contains(d.Intents, intent) {
			return true
		}
	}
	return false
}

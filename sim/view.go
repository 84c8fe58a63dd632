package sim

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

const (
	// viewWithin is how long a frontend may take to follow. The shown connections change all the time,
	// so it is looked at until it agrees once.
	viewWithin = time.Minute
	// probeEvery is the mean time between two comparisons of a person's views while the world is busy.
	probeEvery = 45 * time.Second
	// watched is how many messages of a conversation a user has on the screen.
	watched = 50
	// lookAgain is the time between two checks of a condition that must soon hold.
	lookAgain = time.Second
)

// probe compares the views of a random person from time to time until the world closes.
func (w *simulation) probe(tc task.Context) error {
	for c := newChance(w.sim.Entropy("probe")); !w.closing; {
		if err := tc.Sleep(max(c.pause(probeEvery), w.dawn-tc.Elapsed())); err != nil {
			return err
		}
		if l := one(c, w.homes()).life; l != nil && !w.closing {
			w.eventually(tc, l, ViewsReduce, func() string { return l.viewsDiffer(tc) })
		}
	}
	return nil
}

// eventually gives a check some time to find no difference, as long as the process lives.
func (w *simulation) eventually(tc task.Context, l *life, invariant string, difference func() string) {
	w.within(tc, viewWithin, l, invariant, difference)
}

// within is eventually with a time of its own.
func (w *simulation) within(tc task.Context, most aura.Duration, l *life, invariant string, difference func() string) {
	for end := tc.Elapsed() + most; ; {
		found := difference()
		if found == "" || l.person.life != l {
			return
		}
		if tc.Elapsed() >= end || tc.Sleep(lookAgain) != nil {
			w.violate(l.name, invariant, "%s", found)
			return
		}
	}
}

// watch keeps a conversation on the user's screen.
func (l *life) watch(tc task.Context, of app.Ref) error {
	s, err := l.core.Conversation(tc, of, watched)
	if err == nil && !slices.ContainsFunc(l.screen, func(o onScreen) bool { return o.of.Context == of.Context }) {
		l.screen = append(l.screen, onScreen{of, s})
	}
	return err
}

// onScreen is a conversation that a user watches.
type onScreen struct {
	of     app.Ref
	signal reactive.Signal[app.Conversation]
}

// viewsDiffer compares the views of the running frontend with a reduction of all facts in another order, and
// names the first difference; empty: there is none.
func (l *life) viewsDiffer(tc task.Context) string {
	screen := slices.DeleteFunc(slices.Clone(l.screen), func(o onScreen) bool { return l.checker.expelled(o.of.Context) })
	read, err := l.read(tc, screen)
	if err != nil {
		return err.Error()
	}
	overview, err := l.core.Overview(tc)
	if err != nil {
		return err.Error()
	}
	fresh, err := l.reduce(tc)
	if err != nil {
		return err.Error()
	}
	// Nothing waits from here on: both sides of the comparison are of one instant.
	now := tc.Now()
	now.At = now.At.Add(l.wrong)
	frame := l.core.Hub().Frame()
	chats, _ := reactive.Value(frame, app.Chats)
	views := []struct {
		name          string
		shown, folded any
	}{
		{app.Chats.Name(), chats.Value, fresh.chats.Threads(fresh.setting())},
		{app.Chats.Name() + ", as they are read", uncounted(overview), uncounted(fresh.chats.Threads(fresh.setting()))},
	}
	for _, m := range l.agent.Set().Modules() {
		for _, v := range m.Views {
			if l.jumped && v.Turns != nil {
				continue // the frontend shows an expiry when the next fact arrives
			}
			shown, err := reactive.Value(frame, reactive.NewSignal[any](v.Signal))
			if err != nil {
				return err.Error()
			}
			views = append(views, struct {
				name          string
				shown, folded any
			}{v.Signal, shown.Value, v.Show(fresh.states, now)})
		}
	}
	for _, view := range views {
		if !reflect.DeepEqual(view.shown, view.folded) {
			return "the view of " + view.name + " is not the reduction of the facts"
		}
	}
	l.labelsStay(chats.Value)
	l.statesTrue(chats.Value, fresh)
	for i, o := range screen {
		shown, _ := reactive.Value(frame, o.signal)
		folded, more := fresh.chats.Messages(fresh.setting(), o.of.Context, watched)
		if more != shown.Value.More || !same(shown.Value.Messages, folded) {
			return "the view of a conversation is not the reduction of the facts"
		}
		if !same(read[i].Messages, folded[max(0, len(folded)-probedMessages):]) {
			return "a conversation read from its end differs from the end of the whole conversation"
		}
	}
	return ""
}

// uncounted returns conversations without the number of unread messages: an overview stops counting where
// something was read, and leaves out messages from before that whose author was blocked then.
func uncounted(threads []chat.Thread) []chat.Thread {
	threads = slices.Clone(threads)
	for i := range threads {
		threads[i].Unread = 0
	}
	return threads
}

// probedMessages is how many messages are read from the end of a conversation for comparison.
const probedMessages = 5

// read reads the ends of conversations.
func (l *life) read(tc task.Context, screen []onScreen) ([]app.Conversation, error) {
	var all []app.Conversation
	for _, o := range screen {
		c, err := l.core.History(tc, o.of, probedMessages)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func same(a, b []chat.Message) bool {
	return len(a)+len(b) == 0 || reflect.DeepEqual(a, b)
}

// labelsStay compares the labels of conversations with those at the last look.
func (l *life) labelsStay(shown []chat.Thread) {
	stands := map[string]aura.ContextID{}
	for i := range shown {
		t := &shown[i]
		if other, twice := stands[t.Name]; twice && !l.checker.named[other] && !l.checker.named[t.Context] {
			l.world.violate(l.name, LabelsStay, "%q stands for %s and for %s", t.Name, other, t.Context)
		}
		stands[t.Name] = t.Context
		if before, ok := l.checker.labels[t.Context]; ok && before != t.Name && !l.checker.renamed[t.Context] && !l.checker.named[t.Context] {
			l.world.violate(l.name, LabelsStay, "%q is called %q now", before, t.Name)
		}
		l.checker.labels[t.Context] = t.Name
	}
}

// statesTrue checks that of the newest own messages those that are shown as delivered or read are at the peer.
func (l *life) statesTrue(shown []chat.Thread, fresh *reduction) {
	for i := range shown {
		t := &shown[i]
		messages, _ := fresh.chats.Messages(fresh.setting(), t.Context, watched)
		for j := range messages {
			m := &messages[j]
			recipients := m.Recipients
			if !t.Group {
				for _, p := range t.Members {
					recipients = append(recipients, chat.Recipient{Participant: p, State: m.State, Devices: m.Devices})
				}
			}
			for k := range recipients {
				l.stateTrue(m, &recipients[k])
			}
		}
	}
}

// unshown names a message that is in the journal and is not shown, or is shown twice, whichever copy of a home wrote it; empty:
// there is none. Of a person who was ever blocked here it expects nothing.
func (l *life) unshown(tc task.Context) string {
	fresh, err := l.reduce(tc)
	if err != nil {
		return err.Error()
	}
	count, partly := map[aura.FactID]int{}, map[aura.ContextID]bool{}
	for _, context := range l.contexts() {
		messages, more := fresh.chats.Messages(fresh.setting(), context, 0)
		partly[context] = more || !l.checker.takesIn(context)
		for i := range messages {
			count[messages[i].ID]++
		}
	}
	for _, m := range l.world.talks.order {
		id, heard := l.checker.heard[m.line]
		_, blocked := l.checker.blocked[m.author.self()]
		void := heard && l.checker.verdict(stream{m.context, m.author.ring.Device()}).void(l.world.steps[[fact.ShortID]byte(id[:])].place)
		if heard && !blocked && !void && !partly[m.context] && count[id] != 1 {
			return fmt.Sprintf("message %d of lane %d of %s is here and is shown %d times", m.number, m.lane, m.author.name, count[id])
		}
	}
	return ""
}

// unaware names an own message that is at all homes of a member and is not shown as delivered to the member; empty:
// there is none. Of a text of another device of the account whose home was copied, the facts that come from there do not say it, and of one that was
// removed none come.
func (l *life) unaware(tc task.Context) string {
	fresh, err := l.reduce(tc)
	if err != nil {
		return err.Error()
	}
	for _, context := range l.contexts() {
		due := map[aura.AuthorityID]bool{}
		for _, p := range l.world.audience(context, l.person, func(*person) bool { return true }) {
			due[p.self()] = true
		}
		messages, _ := fresh.chats.Messages(fresh.setting(), context, 0)
		for i := range messages {
			m := &messages[i]
			if by := l.world.talks.find(context, m.Text); by != nil && by.author.first() != l.first() && (by.author.forked() || by.author.first().spurned) {
				continue
			}
			recipients := m.Recipients
			if c := l.world.talks.contexts[context]; !c.group {
				for _, p := range c.members {
					recipients = append(recipients, chat.Recipient{Participant: chat.Participant{Authority: p.self()}, State: m.State})
				}
			}
			for j := range recipients {
				at := &recipients[j]
				known := at.State == delivery.ProgressDelivered || at.State == delivery.ProgressRead
				if m.Mine && due[at.Authority] && at.Authority != l.self() && !known {
					return fmt.Sprintf("the message %.40q is at %s, and is shown as %v %s", m.Text, l.world.byAuthority(at.Authority).name, at.State, at.Reason)
				}
			}
		}
	}
	return ""
}

func (l *life) stateTrue(m *chat.Message, at *chat.Recipient) {
	peer, said := l.world.byAuthority(at.Authority), l.world.talks.find(m.Context, m.Text)
	if !m.Mine || peer == l.owner() || peer == nil || said == nil || at.State != delivery.ProgressDelivered && at.State != delivery.ProgressRead {
		return
	}
	if !slices.ContainsFunc(peer.everywhere(), func(d *person) bool { return d.holds(m.ID) }) {
		l.world.violate(l.name, StatesHonest, "message %d of lane %d is shown as %s at %s, and is not there",
			said.number, said.lane, at.State, peer.name)
	}
	for _, id := range at.Devices {
		if d := l.world.byDevice(id); d == nil || d.owner() != peer || !d.holds(m.ID) {
			l.world.violate(l.name, StatesHonest, "message %d of lane %d is shown as being at device %s of %s, and is not there",
				said.number, said.lane, aura.Short(id), peer.name)
		}
	}
}

// reduce folds everything that the agent gives a watcher, the facts in an order of chance.
func (l *life) reduce(tc task.Context) (*reduction, error) {
	var records []fact.Record
	fresh := newReduction(l.agent.Set(), l.self())
	err := l.bridge.Watch(tc, fact.Selection{Observations: []string{"*"}}, func(up fact.Update) error {
		records = append(records, up.Records...)
		for _, o := range up.Observations {
			fresh.states.Observe(o)
		}
		return nil
	})
	l.world.shuffle.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	for i := range records {
		fresh.apply(&records[i])
	}
	return fresh, err
}

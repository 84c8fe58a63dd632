package auratest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// reunion is a conversation among people of whom some have several homes, and what must hold of it.
type reunion struct {
	t    *testing.T
	tc   task.Context
	w    *auratest.World
	talk aura.ContextID
	// homes are those that take part to the end, whether they run now or not.
	homes []*auratest.Person
	// said are all texts that must be at every member in the end, by their author.
	said map[string]aura.AuthorityID
	// held are the facts that were durable at any home of an authority at any time, also at one that was restored since.
	held map[aura.AuthorityID]map[aura.FactID]bool
}

// relate runs a story in some worlds.
func relate(t *testing.T, story func(tc task.Context, r *reunion)) {
	t.Helper()
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		story(tc, &reunion{
			t: t, tc: tc, w: w, said: map[string]aura.AuthorityID{}, held: map[aura.AuthorityID]map[aura.FactID]bool{},
		})
	})
}

// join lets the homes of a person take part, which run.
func (r *reunion) join(homes ...*auratest.Person) {
	for _, p := range homes {
		r.homes = append(r.homes, p)
		r.attend(p)
	}
}

// start starts a home that takes part.
func (r *reunion) start(p *auratest.Person) {
	p.Start(r.tc)
	r.attend(p)
}

// attend notes what a home holds now and what it commits later.
func (r *reunion) attend(p *auratest.Person) {
	r.t.Helper()
	if r.held[p.Self()] == nil {
		r.held[p.Self()] = map[aura.FactID]bool{}
	}
	s := holding(r.held[p.Self()])
	p.Agent.Journal().Attach(s)
	for _, id := range heldBy(r.t, r.tc, p) {
		s[id] = true
	}
}

// holding is a set of facts that were committed. It implements [journal.Sink].
type holding map[aura.FactID]bool

// Committed implements [journal.Sink].
func (h holding) Committed(records []fact.Record) {
	for i := range records {
		h[records[i].ID] = true
	}
}

// say lets a home say a text that must be at every member in the end.
func (r *reunion) say(p *auratest.Person, text string) {
	r.w.Helper()
	r.said[text] = p.Self()
	p.Say(r.tc, r.talk, text)
}

// agree waits until every home has every text once and all hold the same facts of each author's device, and names the first difference
// otherwise. All the while no home shows a text as delivered or read that was never at that peer.
func (r *reunion) agree(when string) {
	r.w.Helper()
	for end := r.tc.Elapsed() + 2*time.Hour; ; {
		for _, p := range r.homes {
			r.honest(p)
		}
		wrong := r.missing()
		if wrong == "" {
			return
		}
		if r.tc.Elapsed() >= end {
			r.w.Fatalf("%s: after two hours %s", when, wrong)
		}
		r.w.Sleep(r.tc, 20*time.Second)
	}
}

// missing says what keeps the homes from having the same; empty: nothing.
func (r *reunion) missing() string {
	for _, p := range r.homes {
		if p.Agent == nil {
			continue
		}
		v := p.Look(r.tc)
		count := map[string]int{}
		messages, _ := v.Chats.Messages(v.Setting, r.talk, 0)
		for i := range messages {
			m := &messages[i]
			count[m.Text]++
			if author, known := r.said[m.Text]; !known || author != m.Author {
				r.w.Fatalf("%s has %q of %s", p.Name, m.Text, m.From)
			}
			if count[m.Text] > 1 {
				r.w.Fatalf("%s has %q %d times", p.Name, m.Text, count[m.Text])
			}
		}
		var lost []string
		for text := range r.said {
			if count[text] == 0 {
				lost = append(lost, text)
			}
		}
		if slices.Sort(lost); len(lost) > 0 {
			return fmt.Sprintf("%s has %d of %d texts and lacks %q; it shows:\n%s", p.Name, len(r.said)-len(lost), len(r.said), lost, shows(v, messages))
		}
		for i := range messages {
			if m := &messages[i]; m.Mine && m.State != delivery.ProgressDelivered && m.State != delivery.ProgressRead {
				return fmt.Sprintf("%s, whose text %q is everywhere, shows:\n%s", p.Name, m.Text, shows(v, messages))
			}
		}
		for _, author := range r.homes {
			first := r.homes[0]
			if first.Agent == nil {
				continue
			}
			here, there := r.stream(p, author), r.stream(first, author)
			if !slices.Equal(here, there) {
				return fmt.Sprintf("%s holds %d facts of the device of %s, %s holds %d, and they are not the same",
					p.Name, len(here), author.Name, first.Name, len(there))
			}
		}
	}
	return ""
}

// shows returns a conversation as its frontend shows it.
func shows(v *auratest.View, messages []chat.Message) string {
	var b strings.Builder
	for i := range messages {
		m := &messages[i]
		fmt.Fprintf(&b, "  %s: %q [%v %s]\n", m.From, m.Text, m.State, m.Reason)
	}
	for _, c := range v.Connections.View() {
		fmt.Fprintf(&b, "  link: %v\n", c)
	}
	return b.String()
}

// stream returns the facts of the device of an author in the conversation that a home holds, by their identities.
func (r *reunion) stream(p, author *auratest.Person) (ids []aura.FactID) {
	r.w.Helper()
	ns, device := fact.ContextNamespace(r.talk), author.Ring.Device()
	if _, err := p.Agent.Journal().Read(r.tc, fact.Selection{}, func(record fact.Record) error {
		if record.Fact.Namespace == ns && record.Fact.Device == device {
			ids = append(ids, record.ID)
		}
		return nil
	}); err != nil {
		r.w.Fatalf("%s: %v", p.Name, err)
	}
	slices.SortFunc(ids, aura.FactID.Compare)
	return ids
}

// honest checks that each own text that a home shows as delivered or read is, as the same fact, at the peers of whom it shows that.
func (r *reunion) honest(p *auratest.Person) {
	if p.Agent == nil {
		return
	}
	v := p.Look(r.tc)
	thread, err := v.Chats.Thread(v.Setting, r.talk)
	if err != nil {
		r.w.Fatalf("%s: %v", p.Name, err)
	}
	messages, _ := v.Chats.Messages(v.Setting, r.talk, 0)
	for i := range messages {
		m := &messages[i]
		if !m.Mine {
			continue
		}
		recipients := m.Recipients
		if !thread.Group {
			for _, other := range thread.Members {
				recipients = append(recipients, chat.Recipient{Participant: other, State: m.State})
			}
		}
		for _, at := range recipients {
			shown := at.State == delivery.ProgressDelivered || at.State == delivery.ProgressRead
			if at.Authority != p.Self() && shown && !r.held[at.Authority][m.ID] {
				r.w.Fatalf("%s shows %q as %v at %s, which never had it", p.Name, m.Text, at.State, at.Name)
			}
		}
	}
}

// read lets a home mark the conversation as read.
func (r *reunion) read(p *auratest.Person) {
	r.w.Helper()
	core := p.Core(r.tc)
	threads, err := core.Overview(r.tc)
	if err != nil {
		r.w.Fatalf("%s: %v", p.Name, err)
	}
	for i := range threads {
		if threads[i].Context == r.talk {
			to, err := core.Resolve(r.tc, threads[i].Name)
			if err == nil {
				err = core.MarkRead(r.tc, to)
			}
			if err != nil {
				r.w.Fatalf("%s: %v", p.Name, err)
			}
		}
	}
}

// pair is a conversation of Ada and Ben that has begun.
func (r *reunion) pair() (ada, ben *auratest.Person) {
	r.w.Helper()
	ada, ben = r.w.Person(r.tc, "Ada"), r.w.Person(r.tc, "Ben")
	r.talk = r.w.Meet(r.tc, ada, ben)
	r.join(ada, ben)
	r.say(ada, "hello Ben")
	r.say(ben, "hello Ada")
	r.agree("before any copy")
	return ada, ben
}

// circle is a group of three, founded by Ada, that has begun to talk.
func (r *reunion) circle() (ada, ben, cleo *auratest.Person) {
	r.w.Helper()
	ada, ben, cleo = r.w.Person(r.tc, "Ada"), r.w.Person(r.tc, "Ben"), r.w.Person(r.tc, "Cleo")
	r.w.Meet(r.tc, ada, ben)
	r.w.Meet(r.tc, ada, cleo)
	var members []contact.Ref
	look := ada.Look(r.tc)
	for _, p := range []*auratest.Person{ben, cleo} {
		c, _ := look.Contacts.ByAuthority(p.Self())
		members = append(members, c.Ref)
	}
	var created chat.Created
	ada.Do(r.tc, chat.IntentCreate, chat.CreateIntent{Name: "friends", Members: members}, &created)
	r.talk = created.Context
	r.w.Until(r.tc, "all take part", time.Minute, func() bool {
		return !slices.ContainsFunc([]*auratest.Person{ben, cleo}, func(p *auratest.Person) bool {
			v := p.Look(r.tc)
			_, err := v.Chats.Thread(v.Setting, r.talk)
			return err != nil
		})
	})
	r.join(ada, ben, cleo)
	for _, p := range r.homes {
		r.say(p, "hello from "+p.Name)
	}
	r.agree("before any copy")
	return ada, ben, cleo
}

// goOn checks that talk goes on, in every direction.
func (r *reunion) goOn() {
	r.w.Helper()
	for _, p := range r.homes {
		if p.Agent != nil {
			r.say(p, "and on, from "+p.Name)
		}
	}
	r.agree("when talk goes on")
}

// TestACopyThatMissedNothing is no old copy: it takes the place of the original, in a pair and in a group.
func TestACopyThatMissedNothing(t *testing.T) {
	for name, begin := range map[string]func(*reunion) *auratest.Person{
		"pair":  func(r *reunion) *auratest.Person { ada, _ := r.pair(); return ada },
		"group": func(r *reunion) *auratest.Person { _, ben, _ := r.circle(); return ben },
	} {
		t.Run(name, func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				p := begin(r)
				r.w.Sleep(tc, time.Minute)
				p.Stop(tc)
				backup := p.Copy(tc, p.Name+"'s backup")
				p.Restore(tc, backup)
				r.start(p)
				r.goOn()
			})
		})
	}
}

// TestAnOldCopyThatWroteNothing learns its own facts from its peer, and goes on from there.
func TestAnOldCopyThatWroteNothing(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben := r.pair()
		backup := ada.Copy(tc, "Ada's backup")
		for i := range 5 {
			r.say(ada, fmt.Sprint("since the backup ", i))
			r.say(ben, fmt.Sprint("to that ", i))
		}
		r.agree("before the restore")
		r.read(ben)
		ada.Stop(tc)
		ada.Restore(tc, backup)
		r.start(ada)
		r.agree("after the restore")
		r.goOn()
	})
}

// TestAnOldCopyThatWrote before it met its peer has said something else at the same place.
func TestAnOldCopyThatWrote(t *testing.T) {
	for _, since := range []int{1, 5} {
		for _, written := range []int{1, 5, 9} {
			t.Run(fmt.Sprintf("%d of %d", written, since), func(t *testing.T) {
				relate(t, func(tc task.Context, r *reunion) {
					ada, ben := r.pair()
					backup := ada.Copy(tc, "Ada's backup")
					for i := range since {
						r.say(ada, fmt.Sprint("since the backup ", i))
					}
					r.agree("before the restore")
					r.read(ben)
					ada.Crash()
					ada.Restore(tc, backup)
					r.w.Cut(ada, ben)
					r.start(ada)
					for i := range written {
						r.say(ada, fmt.Sprint("from the old copy ", i))
					}
					r.say(ben, "to the old copy")
					r.w.Heal(ada, ben)
					r.agree("after the restore")
					r.goOn()
				})
			})
		}
	}
}

// TestTwoLiveCopiesInAPair say one text each, and then many. At last one of them goes, and its texts stay.
func TestTwoLiveCopiesInAPair(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben := r.pair()
		twin := ada.Copy(tc, "Ada's copy")
		r.start(twin)
		r.join(twin)
		r.say(ada, "from the original")
		r.say(twin, "from the copy")
		r.agree("after one text each")
		r.read(ben)
		r.agree("after Ben has read them")
		for i := range 20 {
			r.say(ada, fmt.Sprint("from the original ", i))
			r.say(twin, fmt.Sprint("from the copy ", i))
			r.say(ben, fmt.Sprint("to both ", i))
			if i%5 == 0 {
				r.w.Sleep(tc, time.Minute)
			}
		}
		r.agree("after many texts")
		r.goOn()
		twin.Stop(tc)
		r.say(ada, "alone again")
		r.say(ben, "to the one that is left")
		r.agree("when the copy has gone")
	})
}

// TestTwoLiveCopiesInAGroup: a home of the founder, and then of another member, is copied.
func TestTwoLiveCopiesInAGroup(t *testing.T) {
	for _, who := range []string{"Ada", "Ben"} {
		t.Run(who, func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				_, _, _ = r.circle()
				members := slices.Clone(r.homes)
				original := members[slices.IndexFunc(members, func(p *auratest.Person) bool { return p.Name == who })]
				twin := original.Copy(tc, who+"'s copy")
				r.start(twin)
				r.join(twin)
				r.say(original, "from the original")
				r.say(twin, "from the copy")
				r.agree("after one text each")
				for _, p := range members {
					r.read(p)
				}
				for i := range 10 {
					for _, p := range r.homes {
						r.say(p, fmt.Sprintf("text %d from %s", i, p.Name))
					}
					if i%5 == 0 {
						r.w.Sleep(tc, time.Minute)
					}
				}
				r.agree("after many texts")
				r.goOn()
			})
		})
	}
}

// TestTheEndOfAConversationIsReadAsTheWhole when the copy's text is at Ben, and the original's, which Cleo returned, is not.
func TestTheEndOfAConversationIsReadAsTheWhole(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben, cleo := r.circle()
		twin := ada.Copy(tc, "Ada's copy")
		ben.Stop(tc)
		r.say(ada, "from the original")
		r.w.Until(tc, "Cleo has the original's text", time.Hour, func() bool {
			return slices.Contains(cleo.Heard(tc, r.talk, ada), "from the original")
		})
		ada.Stop(tc)
		cleo.Stop(tc)
		r.start(ben)
		r.start(twin)
		r.say(twin, "from the copy")
		r.w.Until(tc, "Ben has the copy's text", time.Hour, func() bool {
			return slices.Contains(ben.Heard(tc, r.talk, ada), "from the copy")
		})
		r.w.Sleep(tc, time.Minute) // the copy knows that Ben has it
		ben.Stop(tc)
		r.start(cleo)
		r.w.Until(tc, "the copy has the original's text", time.Hour, func() bool {
			return slices.Contains(twin.Heard(tc, r.talk, ada), "from the original")
		})
		r.w.Sleep(tc, time.Minute)

		core := twin.Core(tc)
		to, err := core.Resolve(tc, "friends")
		if err != nil {
			r.w.Fatalf("%v", err)
		}
		v := twin.Look(tc)
		whole, _ := v.Chats.Messages(v.Setting, r.talk, 0)
		for text, there := range map[string]bool{"from the original": false, "from the copy": true} {
			m := whole[slices.IndexFunc(whole, func(m chat.Message) bool { return m.Text == text })]
			at := m.Recipients[slices.IndexFunc(m.Recipients, func(to chat.Recipient) bool { return to.Authority == ben.Self() })]
			if (at.State >= delivery.ProgressDelivered) != there {
				r.w.Errorf("%q is shown as %s at Ben", text, at.State)
			}
		}
		for last := 1; last < len(whole); last++ {
			end, err := core.History(tc, to, last)
			if err != nil {
				r.w.Fatalf("%v", err)
			}
			if diff := cmp.Diff(whole[len(whole)-last:], end.Messages); diff != "" {
				r.w.Fatalf("the last %d read alone:\n%s", last, diff)
			}
		}
		r.start(ben)
		r.goOn()
	})
}

// TestACopyOfAHomeThatIsWriting is made while a text waits for its sync, and at any instant around that.
func TestACopyOfAHomeThatIsWriting(t *testing.T) {
	for _, after := range []aura.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond, time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				ada, ben := r.pair()
				ada.Disk.SetFaults(journal.Faults{SyncDelay: time.Second})
				writing := task.NewGroup(tc, "writing")
				r.said["while it is copied"] = ada.Self()
				writing.Go("say", func(tc task.Context) error {
					ada.Say(tc, r.talk, "while it is copied")
					return nil
				})
				r.w.Sleep(tc, after)
				twin := ada.Copy(tc, "Ada's copy")
				if err := writing.Wait(tc); err != nil {
					r.w.Fatalf("%v", err)
				}
				ada.Disk.SetFaults(journal.Faults{})
				r.start(twin)
				r.join(twin)
				r.say(twin, "from the copy")
				r.say(ben, "to both")
				r.agree("after the copy")
				r.goOn()
			})
		})
	}
}

// TestAHomeRestoredTenTimes from one backup: each time it has said something that the backup does not know, and each
// second time it says something before it meets its peer.
func TestAHomeRestoredTenTimes(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben := r.pair()
		backup := ada.Copy(tc, "Ada's backup")
		for i := range 10 {
			r.say(ada, fmt.Sprint("before restore ", i))
			r.say(ben, fmt.Sprint("answer ", i))
			r.agree(fmt.Sprint("before restore ", i))
			ada.Crash()
			ada.Restore(tc, backup)
			r.w.Cut(ada, ben)
			r.start(ada)
			if i%2 == 0 {
				r.say(ada, fmt.Sprint("from old copy ", i))
			}
			r.w.Heal(ada, ben)
			r.agree(fmt.Sprint("after restore ", i))
		}
		r.goOn()
	})
}

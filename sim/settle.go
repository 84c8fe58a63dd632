package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/task"
)

const (
	// settleWithin is how long a healed world may take to deliver everything: the longest pauses between two
	// attempts, several times over.
	settleWithin = 10 * time.Minute
	// settleEpochs is how many more epochs it may take until the next message comes where budgets were used up.
	settleEpochs = 20
)

// makeUp lets people unblock each other in half of the worlds.
func (w *simulation) makeUp(tc task.Context) {
	if w.chance.happens(0.5) {
		for _, p := range w.homes() {
			p.life.unblockAll(tc)
		}
	}
}

// turn lets the epoch of the last change of a roster pass: what a removed device had, or no device had, may be spent from the next
// one on, and a device that was enrolled in that epoch has its share then.
func (w *simulation) turn(tc task.Context) {
	if w.report.Enrolments > 0 {
		_ = tc.Sleep(w.policy.EpochLength)
		w.look(tc)
	}
}

// settle waits until everything is where it belongs. Where budgets are small, a device with a small share of them may send the texts of
// weeks for many epochs: it is waited for as long as messages come.
func (w *simulation) settle(tc task.Context) {
	came, end := 0, tc.Elapsed()+w.patience(settleWithin)
	for tc.Elapsed() < end && !w.broken() && !w.settled() {
		if tc.Sleep(lookAgain) != nil {
			return
		}
		w.look(tc)
		if now := w.came(); w.smallBudgets() && now > came {
			came, end = now, tc.Elapsed()+w.patience(settleWithin)
		}
	}
}

// came counts the messages that are at homes, each once for each of them.
func (w *simulation) came() (n int) {
	for _, p := range w.homes() {
		n += len(p.checker.heard)
	}
	return n
}

func (w *simulation) smallBudgets() bool { return w.policy != guard.DefaultPolicy() }

// patience returns how long something may take that takes a time with budgets which are not used up.
func (w *simulation) patience(within aura.Duration) aura.Duration {
	if w.smallBudgets() {
		within += settleEpochs * w.policy.EpochLength
	}
	return within
}

// settled reports whether all acknowledged messages have arrived, all authors know it, and all operations
// have ended.
func (w *simulation) settled() bool {
	for _, p := range w.homes() {
		if slices.ContainsFunc(p.life.operations(), func(o app.Operation) bool { return !o.Phase.Terminal() }) {
			return false
		}
	}
	return w.arrived() && w.siblingsDiffer() == ""
}

// siblingsDiffer names a stream of which two devices of an account do not hold the same facts; empty: there is none.
func (w *simulation) siblingsDiffer() string {
	if w.options.Copies {
		return "" // see diverged
	}
	for _, p := range w.people {
		var first *person
		var has map[string]string
		for _, d := range p.everywhere() {
			if d.spurned || d.life == nil {
				continue
			}
			rows := d.history()
			if first == nil {
				first, has = d, rows
				continue
			}
			for _, of := range slices.Sorted(maps.Keys(rows)) {
				if has[of] != rows[of] {
					return fmt.Sprintf("%s has of %s the heads %s, and %s has %s", first.name, of, has[of], d.name, rows[of])
				}
			}
			for _, of := range slices.Sorted(maps.Keys(has)) {
				if _, here := rows[of]; !here {
					return fmt.Sprintf("%s has of %s the heads %s, and %s has none", first.name, of, has[of], d.name)
				}
			}
		}
	}
	return ""
}

// history returns the heads of each stream of the account and its conversations.
func (p *person) history() map[string]string {
	rows, _, err := p.last.Rows(func(ns fact.Namespace) bool {
		context, shared := ns.Context()
		if !shared {
			return ns == fact.OwnNamespace(p.self())
		}
		return p.checker.takesIn(context)
	})
	all := map[string]string{}
	for i := range rows {
		r := &rows[i]
		by := "a stranger"
		if d := p.world.byDevice(r.Device); d != nil {
			by = d.name
		}
		all[r.Namespace.String()+" by "+by] = fmt.Sprint(r.Count, " ", r.Heads)
	}
	if err != nil {
		all["the disk"] = err.Error()
	}
	return all
}

// arrived reports whether all acknowledged messages have arrived, and all authors know it.
func (w *simulation) arrived() bool {
	for _, m := range w.talks.order {
		if w.due(m) && (w.missing(m) != nil || !w.confirmed(m)) {
			return false
		}
	}
	return !w.options.Copies || w.diverged() == ""
}

// missing returns a home that must have a message and does not; nil: every recipient has it.
func (w *simulation) missing(m *message) *person {
	for _, p := range w.keepers(m) {
		if _, heard := p.checker.heard[m.line]; !heard {
			return p
		}
	}
	return nil
}

// confirmed reports whether the author has recorded that every recipient has a message. The records name numbers, which
// say nothing of a person with several homes: see [life.unaware].
func (w *simulation) confirmed(m *message) bool {
	if m.author.forked() {
		return true
	}
	seq := m.author.checker.seq[m.line]
	for _, p := range w.recipients(m) {
		if m.author.checker.acked[stream{m.context, p.ring.Device()}] < seq {
			return false
		}
	}
	return true
}

// operations returns the actions that the frontend shows, but for those that another device of the account began: how they
// end is told to that one.
func (l *life) operations() []app.Operation {
	s, _ := reactive.Value(l.core.Hub().Frame(), app.Operations)
	if len(l.checker.foreign) == 0 {
		return s.Value
	}
	return slices.DeleteFunc(slices.Clone(s.Value), func(o app.Operation) bool { return l.checker.foreign[o.ID] })
}

// inspect checks the invariants of a world that has settled.
func (w *simulation) inspect(tc task.Context) {
	for _, m := range w.talks.order {
		if !w.due(m) {
			continue
		}
		if p := w.missing(m); p != nil {
			w.violate(m.author.name, w.undelivered(m, p), "message %d of lane %d is not at %s, and is shown as %s",
				m.number, m.lane, p.name, m.author.life.shown(tc, m))
		} else if !w.confirmed(m) {
			w.violate(m.author.name, StatesHonest, "message %d of lane %d is at all members, and its author does not know", m.number, m.lane)
		}
	}
	if w.options.Copies {
		if where := w.diverged(); where != "" {
			w.violate("", HeadsConverge, "%s", where)
		}
	}
	if where := w.siblingsDiffer(); where != "" {
		w.violate("", SiblingsAgree, "%s", where)
	}
	for _, p := range w.homes() {
		p.inspectOperations()
		p.inspectReceipts()
		if p == p.owner() {
			w.eventually(tc, p.life, ContactsAgree, p.life.contactsDiffer)
		}
		if p.forked() {
			w.eventually(tc, p.life, StatesHonest, func() string { return p.life.unaware(tc) })
		}
		w.eventually(tc, p.life, ViewsReduce, func() string { return p.life.viewsDiffer(tc) })
		if w.options.Copies {
			w.eventually(tc, p.life, MessageShown, func() string { return p.life.unshown(tc) })
		}
	}
	w.announce(tc)
}

// shown returns the delivery of an own message as the user sees it.
func (l *life) shown(tc task.Context, m *message) string {
	if l == nil {
		return "nothing, since that home is out of use"
	}
	fresh, err := l.reduce(tc)
	if err != nil {
		return err.Error()
	}
	all, _ := fresh.chats.Messages(fresh.setting(), m.context, 0)
	for i := range all {
		if all[i].ID == l.checker.heard[m.line] {
			return fmt.Sprintf("%v %s among %d messages of %s: %+v", all[i].State, all[i].Reason, len(all), m.context, all[i].Recipients)
		}
	}
	return "nothing"
}

// inspectOperations checks that every action that the frontend shows has ended, and as the user was told.
func (p *person) inspectOperations() {
	sent := map[aura.OperationID]bool{}
	for _, m := range p.world.talks.order {
		if m.acked && m.author == p {
			sent[m.operation] = true
		}
	}
	for _, o := range p.life.operations() {
		switch {
		case !o.Phase.Terminal():
			p.world.violate(p.name, OperationsEnd, "%s is still %s %s", o.Kind, o.Phase, o.Reason)
		case sent[o.ID] && o.Phase != domain.PhaseSucceeded:
			p.world.violate(p.name, OperationsEnd, "%s was acknowledged and is shown as %s", o.Kind, o.Phase)
		}
	}
}

// contacts returns the contacts that a person's frontend shows.
func (l *life) contacts() []contact.Contact {
	s, _ := reactive.Value(l.core.Hub().Frame(), app.Contacts)
	return s.Value
}

// contactsDiffer names a contact whose other side does not have this person, once and by the same code;
// empty: there is none.
func (l *life) contactsDiffer() string {
	met := map[aura.AuthorityID]bool{}
	for _, c := range l.contacts() {
		other := l.world.byAuthority(c.Authority)
		if other == nil || other.life == nil || !slices.ContainsFunc(other.life.contacts(), func(back contact.Contact) bool {
			return back.Authority == l.self() && back.Context == c.Context && back.Verification == c.Verification
		}) {
			return c.Name + " is a contact, and the other side does not have the same"
		}
		if met[c.Authority] {
			return c.Name + " is a contact twice"
		}
		met[c.Authority] = true
	}
	return ""
}

// accounted reports whether what receipts cover in an epoch was spent by the ledger of their sender, which may
// have left the epoch since, or come back from a clock that was wrong.
func accounted(chain *guard.ReceiptChain, ledger *fact.Charge) bool {
	if chain.Epoch == ledger.Epoch {
		return chain.Spent <= ledger.Spent
	}
	spent, known := ledger.Past.Spent(ledger.Epoch, chain.Epoch)
	return !known || chain.Spent <= spent
}

// inspectSpending checks that this person counts no more of another one in an epoch than one limit for all devices and copies.
func (p *person) inspectSpending(context aura.ContextID, from *person) {
	value, err := p.last.Meta(replica.SpendingKey(context, from.self(), effect.ReceiptKindFacts))
	var counted guard.Spending
	if err != nil || value == nil || fact.Unmarshal(value, &counted) != nil {
		return
	}
	for _, e := range counted.Epochs {
		if e.Spent > p.world.policy.Limit {
			p.world.violate(p.name, BudgetHolds, "%d units of all devices of %s were taken in epoch %d, the limit is %d",
				e.Spent, from.owner().name, e.Epoch, p.world.policy.Limit)
		}
	}
}

// sharesAfter reports whether the facts of a device at some places may have come from another device of the account: it has them.
func (p *person) sharesAfter(from *person, context aura.ContextID, after, through uint64) bool {
	own := from.checker.own[context]
	for _, id := range own[min(after, uint64(len(own))):min(through, uint64(len(own)))] {
		if !p.checker.shares(id) {
			return false
		}
	}
	return through <= uint64(len(own))
}

// inspectReceipts checks what this person knows of the receipts of others against their ledgers.
func (p *person) inspectReceipts() {
	for _, context := range p.contexts() {
		for _, from := range p.world.devices() {
			if from.owner() == p.owner() || !slices.Contains(p.world.talks.contexts[context].members, from.owner()) {
				continue
			}
			p.inspectSpending(context, from)
			if from.forked() || p.forked() {
				continue // several homes write and take receipts of one chain
			}
			value, err := p.last.Meta(replica.ChainKey(context, from.self(), from.ring.Device(), effect.ReceiptKindFacts))
			if err != nil || value == nil {
				continue
			}
			var chain guard.ReceiptChain
			if err := fact.Unmarshal(value, &chain); err != nil {
				p.world.violate(p.name, ReceiptsChain, "the chain of %s does not decode: %v", from.name, err)
				continue
			}
			ledger := from.last.Charge(context, p.self())
			held := p.last.Count(fact.ContextNamespace(context), from.ring.Device())
			switch {
			case chain.LastSeq < held && !p.sharesAfter(from, context, chain.LastSeq, held):
				p.world.violate(p.name, ReceiptsChain, "%d facts of %s are here, and receipts cover %d", held, from.name, chain.LastSeq)
			case !accounted(&chain, &ledger):
				p.world.violate(p.name, ReceiptsChain, "receipts of %s amount to %d in epoch %d, its ledger to %d in epoch %d after %+v",
					from.name, chain.Spent, chain.Epoch, ledger.Spent, ledger.Epoch, ledger.Past)
			case chain.Epoch == ledger.Epoch && chain.Spent == ledger.Spent && chain.Head != ledger.Head:
				p.world.violate(p.name, ReceiptsChain, "the last receipt of %s is another one in its ledger", from.name)
			}
		}
	}
}

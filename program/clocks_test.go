package program

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/status"
)

// TestDoctorSaysWhoseClockIsWrong: one contact that differs may be wrong itself, most of several mean this machine.
func TestDoctorSaysWhoseClockIsWrong(t *testing.T) {
	const gone = -1 // hours: not connected
	contacts := []contact.Contact{
		{Ref: contact.Ref{Authority: aura.AuthorityID{1}}, Name: "Ben"},
		{Ref: contact.Ref{Authority: aura.AuthorityID{2}}, Name: "Cleo"},
		{Ref: contact.Ref{Authority: aura.AuthorityID{3}}, Name: "Dan"},
	}
	for _, c := range []struct {
		hours       []aura.Duration
		state       string
		detail, fix string
	}{
		{nil, stateUnknown, "not looked at: no contact is connected whose clock could be compared", ""},
		{[]aura.Duration{gone, gone}, stateUnknown, "not looked at: no contact is connected whose clock could be compared", ""},
		{[]aura.Duration{0, 0, gone}, stateOK, "this clock agrees with those of all connected contacts", ""},
		{[]aura.Duration{2, gone}, stateProblem, "your clock and Ben's differ by 2 h (Ben's is ahead)", "set the clock that is wrong"},
		{[]aura.Duration{2, 0, 0}, stateProblem, "your clock and Ben's differ by 2 h (Ben's is ahead)", "set the clock that is wrong"},
		{
			[]aura.Duration{0, 3, 3}, stateProblem,
			"your clock and Cleo's differ by 3 h (Cleo's is ahead); your clock and Dan's differ by 3 h (Dan's is ahead)",
			"set the clock of this machine",
		},
	} {
		var peers []status.Peer
		for i, hours := range c.hours {
			p := status.Peer{Authority: aura.AuthorityID{byte(i + 1)}, Connection: status.Connection{Link: status.LinkDirect, Ahead: hours * time.Hour}}
			if hours == gone {
				p.Connection = status.Connection{Link: status.LinkOffline}
			}
			peers = append(peers, p)
		}
		want := finding{Check: "clocks", State: c.state, OK: c.state == stateOK, Detail: c.detail, Fix: c.fix}
		if got := compareClocks(contacts, peers); got != want {
			t.Errorf("%v: %+v, not %+v", c.hours, got, want)
		}
	}
}

func TestDoctorNamesWhoContradictsTheJournal(t *testing.T) {
	contacts := []contact.Contact{
		{Ref: contact.Ref{Authority: aura.AuthorityID{1}}, Name: "Ben"}, {Ref: contact.Ref{Authority: aura.AuthorityID{2}}, Name: "Cleo"},
	}
	peers := []status.Peer{
		{Authority: aura.AuthorityID{1}, Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonAbsent}},
		{Authority: aura.AuthorityID{2}, Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonContradicts + "; and more"}},
		{Authority: aura.AuthorityID{3}, Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonContradicts}},
	}
	for _, reason := range []string{status.ReasonContradicts, status.ReasonDismisses} {
		peers[1].Reason = reason + "; and more"
		found := compareJournals(contacts, peers)
		if len(found) != 1 || found[0].State != stateProblem || found[0].Detail != "Cleo: "+reason+"; and more" {
			t.Errorf("%+v", found)
		}
	}
}

package program

import (
	"strings"
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
	for reason, fix := range map[string]string{
		status.ReasonContradicts:   "use the original",
		status.ReasonDismisses:     "use the original",
		status.ReasonOlder:         "ask Cleo to install the newer aura",
		status.ReasonBranchesHere:  "start one whose messages Cleo has, and send Cleo a message from it",
		status.ReasonBranchesThere: "ask Cleo to send one more message from a copy of that home whose messages are here",
	} {
		peers[1].Reason = reason + "; and more"
		found := compareJournals(contacts, peers)
		if len(found) != 1 || found[0].State != stateProblem || found[0].Detail != "Cleo: "+reason+"; and more" || !strings.Contains(found[0].Fix, fix) {
			t.Errorf("%+v", found)
		}
	}
}

// TestDoctorTellsOfCopies: the own device is a problem while it may run twice, the device of a contact never is, and each
// has its name.
func TestDoctorTellsOfCopies(t *testing.T) {
	ben := aura.AuthorityID{1}
	contacts := []contact.Contact{{Ref: contact.Ref{Authority: ben}, Name: "Ben"}}
	now := &status.Status{Device: aura.DeviceID{9}, Branches: []status.Branches{
		{Device: aura.DeviceID{9}, Open: 2, Most: 3, Joined: 1}, {Authority: ben, Device: aura.DeviceID{1}, Open: 1, Most: 2},
		{Authority: aura.AuthorityID{7}, Device: aura.DeviceID{7}, Joined: 1},
	}}
	found := checkCopies(now, contacts, 0)
	if len(found) != 3 || found[0].State != stateProblem || found[1].State != stateOK || found[2].State != stateOK ||
		!strings.HasPrefix(found[0].Detail, "this device runs twice or was restored: its messages have 3 branches in 2 conversations") ||
		!strings.Contains(found[0].Fix, "stop the agent of every copy of this home but one") ||
		!strings.HasPrefix(found[1].Detail, "Ben's device runs twice or was restored") || !strings.Contains(found[1].Fix, "tell Ben") ||
		!strings.HasPrefix(found[2].Detail, "group member "+aura.Short(aura.AuthorityID{7})+"'s device was restored") {
		t.Errorf("%+v", found)
	}
	now.Branches[0].Open = 0
	if found := checkCopies(now, contacts, 0); found[0].State != stateOK || found[0].Fix != "" {
		t.Errorf("when all is joined: %+v", found[0])
	}
	now.Branches[0].Shown, now.Branches[1].Open, now.Branches[1].Shown = 1, 0, 2
	found = checkCopies(now, contacts, 0)
	if found[0].State != stateProblem || !strings.Contains(found[0].Detail, "a contact showed that another copy of this home sent messages in one conversation") ||
		found[1].State != stateOK || !strings.Contains(found[1].Detail, "tells members different things") || !strings.Contains(found[1].Fix, "compare with the other members") {
		t.Errorf("when members showed forks: %+v", found)
	}
	now.RanTwice = 1
	if found := checkCopies(now, contacts, 2); found[0].State != stateProblem || !strings.HasPrefix(found[0].Detail, "this device runs twice:") {
		t.Errorf("while it runs twice: %+v", found[0])
	}
	peers := []status.Peer{{Authority: ben, Connection: status.Connection{Link: status.LinkDirect, Lacks: true}}}
	if found := compareJournals(contacts, peers); len(found) != 1 || found[0].State != stateOK || found[0].Detail != "Ben "+status.Lacks {
		t.Errorf("%+v", found)
	}
}

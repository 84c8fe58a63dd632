package program

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/aura-runtime/aura"
)

// meet HOME-A HOME-B lets A invite and B accept.
func meet(ts *testscript.TestScript, _ bool, args []string) {
	var invitation struct {
		Code string `json:"code"`
	}
	out := output(ts, nil, "invite", "create", "--home", args[0], "--json")
	ts.Check(json.Unmarshal([]byte(out), &invitation))
	if len(invitation.Code) > 300 || strings.ContainsAny(invitation.Code, "\n ") {
		ts.Fatalf("the invitation is not one line of at most 300 bytes: %q", invitation.Code)
	}
	output(ts, nil, "invite", "accept", "--home", args[1], invitation.Code)
}

// sendmany HOME CONTACT PREFIX FIRST LAST sends numbered texts: short ones, some with emoji and
// newlines, every fiftieth of 60 KiB.
func sendMany(ts *testscript.TestScript, _ bool, args []string) {
	home, to, prefix := args[0], args[1], args[2]
	first, err := strconv.Atoi(args[3])
	ts.Check(err)
	last, err := strconv.Atoi(args[4])
	ts.Check(err)
	for i := first; i <= last; i++ {
		output(ts, strings.NewReader(text(prefix, i)), "send", "--home", home, to, "-")
	}
}

func text(prefix string, i int) string {
	switch {
	case i%50 == 0:
		return fmt.Sprintf("%s %d ", prefix, i) + strings.Repeat("é…🌍\n", 60*1024/10)[:60*1024-40]
	case i%7 == 0:
		return fmt.Sprintf("%s %d\nfirst line\n\n  third line", prefix, i)
	case i%5 == 0:
		return fmt.Sprintf("%s %d 🎉👩‍👩‍👧 \"quoted\" \\ <b>", prefix, i)
	}
	return fmt.Sprintf("%s %d", prefix, i)
}

// histories HOME-A NAME-OF-B HOME-B NAME-OF-A PREFIX-A N PREFIX-B M waits until both sides hold the N
// texts of A and the M texts of B, and fails unless both histories are equal, in order and without
// duplicates.
func histories(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[5])
	ts.Check(err)
	m, err := strconv.Atoi(args[7])
	ts.Check(err)
	var a, b []message
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		a, b = history(ts, args[0], args[1]), history(ts, args[2], args[3])
		if settled(a, n+m) && settled(b, n+m) {
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("histories are not complete: %d and %d of %d messages; undelivered: %v, %v", len(a), len(b), n+m, open(a), open(b))
		}
	}
	count := map[string]int{}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Text != b[i].Text {
			ts.Fatalf("message %d differs: %.60q and %.60q", i, a[i].Text, b[i].Text)
		}
		for prefix, total := range map[string]int{args[4]: n, args[6]: m} {
			if !strings.HasPrefix(a[i].Text, prefix+" ") {
				continue
			}
			if count[prefix]++; a[i].Text != text(prefix, count[prefix]) {
				ts.Fatalf("%s message %d of %d is out of order or damaged: %.60q", prefix, count[prefix], total, a[i].Text)
			}
		}
	}
	if count[args[4]] != n || count[args[6]] != m {
		ts.Fatalf("found %v, want %d and %d", count, n, m)
	}
}

// agree N HOME CONVERSATION HOME CONVERSATION… waits until all homes, some of which may be copies, show the same N messages,
// all delivered. At no time may one show a message twice, or one as delivered that no home of another account had, now or
// in an earlier call.
func agree(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	type home struct {
		name, talk string
		account    aura.AuthorityID
		list       []message
	}
	var homes []home
	for i := 1; i < len(args); i += 2 {
		homes = append(homes, home{name: args[i], talk: args[i+1], account: running(ts, args[i]).ready.Authority})
	}
	had := ts.Value("had").(map[string]bool)
	at := func(h *home, m *message) string { return h.account.String() + " " + m.ID }
	look := func() {
		for i := range homes {
			h := &homes[i]
			h.list = history(ts, h.name, h.talk)
			for k := range h.list {
				had[at(h, &h.list[k])] = true
			}
		}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		look()
		shown := slices.Clone(homes)
		look() // a message that one home shows as delivered is at the others by now
		equal := true
		for i := range shown {
			h, seen := &shown[i], map[string]bool{}
			for k := range h.list {
				m := &h.list[k]
				if seen[m.Text] {
					ts.Fatalf("%s shows %q twice", h.name, m.Text)
				}
				seen[m.Text] = true
				for o := range homes {
					if arrived := m.State == "delivered" || m.State == "read"; m.Mine && arrived && !had[at(&homes[o], m)] {
						ts.Fatalf("%s shows %q as %s, and %s does not have it", h.name, m.Text, m.State, homes[o].name)
					}
				}
				equal = equal && k < len(shown[0].list) && shown[0].list[k].ID == m.ID
			}
			equal = equal && len(h.list) == n && settled(h.list, n)
		}
		if equal {
			return
		}
		if time.Now().After(deadline) {
			for i := range shown {
				ts.Logf("%s shows %d messages: %+v", shown[i].name, len(shown[i].list), shown[i].list)
			}
			ts.Fatalf("the homes do not show the same %d messages", n)
		}
	}
}

type message struct {
	ID    string `json:"id"`
	From  string `json:"from"`
	Text  string `json:"text"`
	State string `json:"state"`
	Mine  bool   `json:"mine"`
}

func history(ts *testscript.TestScript, home, contact string) []message {
	var list []message
	lines := bufio.NewScanner(strings.NewReader(output(ts, nil, "read", "--home", home, contact, "--json")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m message
		ts.Check(json.Unmarshal(lines.Bytes(), &m))
		list = append(list, m)
	}
	return list
}

func settled(list []message, want int) bool { return len(list) >= want && open(list) == 0 }

// open counts own messages that the other side has not acknowledged.
func open(list []message) int {
	n := 0
	for _, m := range list {
		if m.Mine && m.State != "delivered" && m.State != "read" {
			n++
		}
	}
	return n
}

package program

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
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

// agree N HOME-A NAME-OF-B HOME-B NAME-OF-A [HOME NAME-OF-B…] waits until B and every home of A show the same N messages,
// all delivered. At no time may a side show a message twice, or one as delivered that no home of the other had, now or in
// an earlier call.
func agree(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	homes := args[1:]
	had := ts.Value("had").(map[string]bool) // by side
	side := func(bens bool, m *message) string { return fmt.Sprint(bens, " ", m.ID) }
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		all := make([][]message, len(homes)/2)
		for _, again := range []bool{false, true} { // a message that one side shows at first the other holds later
			for i := range all {
				h := history(ts, homes[2*i], homes[2*i+1])
				for k := range h {
					had[side(i == 1, &h[k])] = true
				}
				if !again {
					all[i] = h
				}
			}
		}
		equal := true
		for i, list := range all {
			seen := map[string]bool{}
			for at, m := range list {
				if seen[m.Text] {
					ts.Fatalf("%s shows %q twice", homes[2*i], m.Text)
				}
				seen[m.Text] = true
				if arrived := m.State == "delivered" || m.State == "read"; m.Mine && arrived && !had[side(i != 1, &m)] {
					ts.Fatalf("%s shows %q as %s, and it is not there", homes[2*i], m.Text, m.State)
				}
				equal = equal && at < len(all[0]) && all[0][at].ID == m.ID
			}
			equal = equal && len(list) == n && settled(list, n)
		}
		if equal {
			return
		}
		if time.Now().After(deadline) {
			for i, list := range all {
				ts.Logf("%s shows %d messages: %+v", homes[2*i], len(list), list)
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

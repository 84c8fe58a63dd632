package journal_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// killedHome names the folder in which a second copy of this test binary appends until it is killed.
const killedHome = "JOURNAL_TEST_KILLED_HOME"

// trio is how many facts an entry has: all of them are found afterwards or none.
const trio = 3

// appendUntilKilled is the other process: sixteen writers append entries of three facts and print the
// identities that were acknowledged.
func appendUntilKilled() {
	err := real().Run("killed", func(tc task.Context) error {
		store, err := journal.OpenPebble(os.Getenv(killedHome), journal.PebbleOptions{})
		if err != nil {
			return err
		}
		j, err := tryOpen(tc, store, options())
		if err != nil {
			return err
		}
		follower := &following{words: words{}}
		follower.fold = journal.NewFold("view.words", messages, follower.words, &follower.lock)
		if err := follower.fold.Load(tc, j.Journal); err != nil {
			return err
		}
		j.Attach(follower)
		var lock task.Mutex
		writers := task.NewGroup(tc, "writers")
		for w := range 16 {
			writers.Go("writer", func(tc task.Context) error {
				for {
					e := &journal.Entry{}
					for i := range trio {
						e.Drafts = append(e.Drafts, draft(pair, "chat.message", fmt.Sprintf("writer %d part %d at %d", w, i, j.Head())))
					}
					records, err := j.Append(tc, e)
					if err != nil {
						return err
					}
					lock.Lock()
					fmt.Println(records[0].ID)
					lock.Unlock()
				}
			})
		}
		writers.Go("keeper", func(tc task.Context) error {
			for {
				c, due, err := follower.due()
				if err == nil && due {
					_, err = j.Append(tc, &journal.Entry{Checkpoints: []journal.Checkpoint{c}})
				}
				if err == nil {
					_, err = j.CollectCheckpoints(tc, []string{"view.words"})
				}
				if err == nil {
					err = tc.Sleep(time.Millisecond)
				}
				if err != nil {
					return err
				}
			}
		})
		return writers.Wait(tc)
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// following is a fold that follows the journal of the other process.
type following struct {
	lock  task.Mutex
	words words
	fold  *journal.Fold
}

func (f *following) Committed(records []fact.Record) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.fold.Committed(records)
}

func (f *following) due() (journal.Checkpoint, bool, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.fold.Due()
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	home := t.TempDir()
	var acknowledged []aura.FactID
	for round := range 4 {
		acknowledged = append(acknowledged, runAndKill(t, home, time.Duration(100+rand.IntN(200))*time.Millisecond)...)
		if err := real().Run("check", func(tc task.Context) error {
			store, err := journal.OpenPebble(home, journal.PebbleOptions{})
			if err != nil {
				return err
			}
			j := open(t, tc, store)
			there := map[aura.FactID]bool{}
			for _, r := range j.read(t, tc, fact.Selection{}) {
				there[r.ID] = true
			}
			missing := 0
			for _, id := range acknowledged {
				if !there[id] {
					missing++
				}
			}
			if missing > 0 {
				t.Errorf("round %d: %d of %d acknowledged facts are missing", round, missing, len(acknowledged))
			}
			wholeBatches(t, j.read(t, tc, fact.Selection{}))
			kept, _, err := loaded(tc, j, "view.words", messages)
			if err != nil {
				return err
			}
			if whole, _, err := loaded(tc, j, "", messages); err != nil || whole.text() != kept.text() {
				t.Errorf("round %d: the fold has %d words from its checkpoint and %d from the facts, %v", round, len(kept), len(whole), err)
			}
			if _, ok, err := j.Checkpoint("view.words"); err != nil || !ok {
				t.Errorf("round %d: no checkpoint was kept, %v", round, err)
			}
			j.close(t, tc)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged before the kills")
	}
}

// runAndKill runs the other process for a while after its first word and returns the acknowledged facts.
func runAndKill(t *testing.T, home string, after time.Duration) (acknowledged []aura.FactID) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killedHome+"="+home)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if timer == nil {
			timer = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		// The last line may be cut by the kill.
		if id, err := aura.ParseFactID(lines.Text()); err == nil {
			acknowledged = append(acknowledged, id)
		}
	}
	_ = cmd.Wait()
	if stderr.Len() > 0 {
		t.Fatalf("the other process failed: %s", stderr.String())
	}
	return acknowledged
}

// wholeBatches checks that positions and places have no holes and that entries of three are never cut.
func wholeBatches(t *testing.T, records []fact.Record) {
	t.Helper()
	if len(records)%trio != 0 {
		t.Errorf("%d facts are not whole entries of %d", len(records), trio)
	}
	for i, r := range records {
		if r.Position != fact.Position(i+1) || r.Seq != uint64(i+1) {
			t.Fatalf("record %d has position %d and place %d", i+1, r.Position, r.Seq)
		}
		if i%50 == 0 { // a proof takes longer than all the rest
			if err := r.Verify(self.public()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

package program

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// This is the bridging file between the operating system's signals and tasks.

// interruptedCode is the exit code of a process that an interrupt ended, as shells know it.
const interruptedCode = 130

// keepThroughBrokenPipes makes a write to a reader that has gone an error, where it would end the process
// with everything open. It lasts as long as the process.
func keepThroughBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }

// runTasks runs fn as the root task of this process. SIGINT and SIGTERM cancel it.
func runTasks(name string, log world.Log, fn func(task.Context) error) error {
	return task.NewReal(task.RealOptions{Log: log}).Run(name, func(tc task.Context) error {
		defer onSignal(tc.Group().Cancel)()
		return fn(tc)
	})
}

// runUntilStopped is runTasks for a program that closes in an order of its own and logs events: a signal opens
// the latch and cancels nothing, and the error of fn is for the caller to tell, not for the log. A task that
// hangs after fn has failed does not keep the process: it ends with that error.
func runUntilStopped(name string, log world.Log, fn func(tc task.Context, stop *task.Latch) error) error {
	failed, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		ended <- task.NewReal(task.RealOptions{Log: log}).Run(name, func(tc task.Context) error {
			stop := task.NewLatch()
			defer onSignal(stop.Open)()
			if err := fn(tc, stop); err != nil {
				failed <- err
			}
			tc.Group().Cancel() // the tasks that fn left behind
			return nil
		})
	}()
	select {
	case err := <-ended:
		select {
		case why := <-failed:
			return why
		default:
			return err
		}
	case why := <-failed:
		select {
		case <-ended:
		case <-time.After(hangGrace):
		}
		return why
	}
}

// hangGrace is how long a process that has failed waits for tasks that hang.
const hangGrace = 300 * time.Millisecond

// onSignal calls first at the first signal that asks the process to end. An interrupt after it ends the
// process at once: a person has lost patience. Another SIGTERM does not, since a supervisor of processes
// may send it twice and kills what takes too long. The result undoes it.
func onSignal(first func()) (undo func()) {
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for asked := false; ; asked = true {
			select {
			case <-done:
				return
			case s := <-signals:
				if asked && s == os.Interrupt {
					os.Exit(interruptedCode)
				}
				first()
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// confirm asks a question at the terminal and reports whether the answer is yes. It runs before any task, as askSecret
// does, and returns [aura.Unavailable] when there is no terminal.
func confirm(question string) (yes bool, err error) {
	const op = "program.confirm"
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false, aura.Errorf(op, aura.Unavailable, "there is no terminal to ask at")
	}
	defer terminal.Close()
	fmt.Fprint(terminal, question)
	answer, err := bufio.NewReader(terminal).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, aura.Errorf(op, aura.Unavailable, "terminal: %w", err)
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// askSecret asks for a line at the terminal without showing it. It runs before any task: a signal then ends
// the process, with the terminal as it was. It returns [aura.Unavailable] when there is no terminal.
func askSecret(question string) ([]byte, error) {
	const op = "program.askSecret"
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "there is no terminal to ask at")
	}
	defer terminal.Close()
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "there is no terminal to ask at")
	}
	defer onSignal(func() {
		_ = term.Restore(fd, before) // the process ends either way
		os.Exit(interruptedCode)
	})()
	fmt.Fprint(terminal, question)
	secret, err := term.ReadPassword(fd)
	fmt.Fprintln(terminal)
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "terminal: %w", err)
	}
	return secret, nil
}

// Package task runs everything that waits: tasks in groups, on a machine or in a simulation, with the
// same code.
//
// Start with an [Executor]: [NewReal] gives every task a goroutine and the machine's clock; [NewSim]
// runs tasks as coroutines on one thread, picks the next task from a seed, and jumps the time to the
// next deadline, so that the same seed gives the same bytes. [Executor.Run] starts the root task; each
// task gets a [Context] and starts others in a [Group]:
//
//	err := task.NewReal(task.RealOptions{}).Run("main", func(tc task.Context) error {
//		inbox := task.NewMailbox[string]("inbox", 16)
//		workers := task.NewGroup(tc, "workers")
//		workers.Go("greet", func(tc task.Context) error { return inbox.Send(tc, "hello") })
//		_, err := inbox.Recv(tc)
//		return errors.Join(err, workers.Close(tc, time.Second))
//	})
//
// # Rules
//
// A task belongs to one group for life and a group to one parent; nothing is fired and forgotten, so
// Run returns after the last task. Cancelling goes from parent to child. A task that fails or panics
// cancels its group, whose first failure is kept; Run returns a failure that no task asked for.
//
// A task waits only in this package: [Mailbox], [Future], [Wake], [Latch], [Semaphore], [Context.Sleep],
// [Group.Wait] and [Lifecycle.Wait]. An operation whose context has ended on entry does nothing; one
// that was granted while it waited succeeds, even if the context ended in the same moment, so nothing
// that was handed over is lost. Waiters are served first come, first served.
//
// The mailboxes and the like belong to no executor; a task of one must not wait for a task of another.
//
// # Limits of a simulation
//
// Goroutines that an executor did not start ([Group.Adopt] returns unavailable), blocking outside this
// package and computing without end (a watchdog names the task), a lock held across a wait ([Mutex] panics), a world in which
// nothing can happen any more (Run names each task and the object that it waits for), and a loop that never lets
// the time pass (a limit on steps). It cannot refuse runtime.LockOSThread: the Go runtime ends the process
// when a task that called it waits.
package task

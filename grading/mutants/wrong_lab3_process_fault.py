"""Exercise 3.6, process_fault: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("3.6", "the fault kills the kernel",
          find=("    process_end(process);\n"
                "    /* END SOLUTION */"),
          put=("    trap_unexpected(frame);\n"
               "    /* END SOLUTION */"),
          test="faults_kill_one_process",
          says="PANIC",
          source="https://github.com/dennis95/dennix/issues/1"),
    Wrong("3.6", "goes on behind the fault",
          find=("    process_end(process);\n"
                "    /* END SOLUTION */"),
          put=("    frame->rip++; trap_return(frame);\n"
               "    /* END SOLUTION */"),
          test="nothing_after_a_fault",
          says="expected"),
    Wrong("3.6", "no report",
          find="    printf(\"%s in PID %d",
          put="    if (0) printf(\"%s in PID %d",
          test="faults_are_reported",
          says="one line"),
    Wrong("3.6", "always #GP",
          find="trap_mnemonic((unsigned)frame->vector), process->pid",
          put="\"#GP\", process->pid",
          test="faults_are_reported",
          says="one line"),
    Wrong("3.6", "error code and rip of #GP only",
          find="           frame->error_code, frame->rip, frame->cs & 3);",
          put="           0UL, frame->vector == 13 ? frame->rip : 0x1, 3UL);",
          test="faults_are_reported",
          says="rip 0x"),
    Wrong("3.6", "always error code 0",
          find="frame->error_code,",
          put="0UL,",
          test="faults_are_reported",
          says="which the processor has pushed"),
    Wrong("3.6", "always the name of #GP",
          find="trap_name((unsigned)frame->vector),",
          put="\"general protection\",",
          test="faults_are_reported",
          says="divide error"),
    Wrong("3.6", "everybody dies",
          find=("    process_end(process);\n"
                "    /* END SOLUTION */"),
          put=("    for (struct process *p = process_first(); p; p = p->next) p->state = "
               "PROCESS_DEAD;\n"
               "    schedule();\n"
               "    /* END SOLUTION */"),
          test="faults_kill_one_process",
          says="exceptions from ring 3"),
    Wrong("3.6", "goes back after the report",
          find="    process_end(process);\n",
          put="",
          test="privilege_protection",
          says="must end with process_end()"),
    Wrong("3.6", "only some page faults end the process",
          find="    struct process *process = current_process();\n",
          put="""    struct process *process = current_process();
    if (frame->vector == 14 && frame->error_code & 1)
        trap_unexpected(frame);
""",
          test="faults_kill_one_process",
          says="PANIC",
          source="https://github.com/mentos-team/MentOS/issues/237"),
    Wrong("3.6", "ends the first process of the table",
          find="    process_end(process);\n",
          put="    process_end(process_first());\n",
          test="privilege_protection",
          says="expected"),
    Wrong("3.6", "its line printed twice",
          find="    process_end(process);\n",
          put="""    printf("%s in PID %d: %s, error code %#lx, rip %#lx, CPL %lu\\n",
           trap_mnemonic((unsigned)frame->vector), process->pid, trap_name((unsigned)frame->vector),
           frame->error_code, frame->rip, frame->cs & 3);
    process_end(process);
""",
          test="faults_are_reported",
          says="one line"),
    Wrong("3.6", "destroyed before it has ended",
          find="    process_end(process);\n",
          put=("    destroy_process(process->pid);\n"
               "    process_end(process);\n"),
          test="faults_kill_one_process",
          says="expected"),
]

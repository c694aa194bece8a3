"""Exercise 1.4, interrupt_gate: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("1.4", "DPL always 0",
          find="GATE_DPL(dpl)",
          put="GATE_DPL(0)",
          test="gate_fields",
          says="DPL 0"),
    Wrong("1.4", "DPL always 3",
          find="GATE_DPL(dpl)",
          put="GATE_DPL(3)",
          test="all_gates",
          says="DPL 3"),
    Wrong("1.4", "trap gate",
          find="GATE_INTERRUPT,",
          put="GATE_TRAP,",
          test="all_gates",
          says="trap gate"),
    Wrong("1.4", "not present",
          find="GATE_P | GATE_DPL",
          put="GATE_DPL",
          test="all_gates",
          says="not present"),
    Wrong("1.4", "user code selector",
          find=".selector = SELECTOR_KERNEL_CODE",
          put=".selector = SELECTOR_USER_CODE",
          test="all_gates",
          says="0x001b"),
    Wrong("1.4", "middle of the offset missing",
          find="        .offset_middle = (uint16_t)(handler >> 16),\n",
          put="",
          test="gate_fields",
          says="0xffff80000000"),
    Wrong("1.4", "offset cut to 32 bits",
          find="        .offset_high = (uint32_t)(handler >> 32),\n",
          put="",
          test="gate_fields",
          says="0x0000000010"),
    Wrong("1.4", "IST 1 for everybody",
          find="        .selector =",
          put="        .ist = 1, .selector =",
          test="all_gates",
          says="IST 1"),
    Wrong("1.4", "DPL 1 and 2 as 3",
          find="GATE_DPL(dpl)",
          put="GATE_DPL(dpl ? 3 : 0)",
          test="gate_fields",
          says="DPL 1"),
    Wrong("1.4", "reserved bits never written",
          find="""    return (struct gate){
        .offset_low = (uint16_t)handler,
        .offset_middle = (uint16_t)(handler >> 16),
        .offset_high = (uint32_t)(handler >> 32),
        .selector = SELECTOR_KERNEL_CODE,
        .type = GATE_P | GATE_DPL(dpl) | GATE_INTERRUPT,
    };
""",
          put="""    volatile struct gate gate;
    gate.offset_low = (uint16_t)handler;
    gate.offset_middle = (uint16_t)(handler >> 16);
    gate.offset_high = (uint32_t)(handler >> 32);
    gate.selector = SELECTOR_KERNEL_CODE;
    gate.ist = 0;
    gate.type = GATE_P | GATE_DPL(dpl) | GATE_INTERRUPT;
    return gate;
""",
          test="gate_fields",
          says="reserved"),
    Wrong("1.4", "trap gates for ring 3",
          find="GATE_DPL(dpl) | GATE_INTERRUPT",
          put="GATE_DPL(dpl) | (dpl ? GATE_TRAP : GATE_INTERRUPT)",
          test="gate_fields",
          says="trap gate",
          source="https://github.com/chyyuu/ucore_os_plus/pull/33"),
    Wrong("1.4", "the IST of the gate before",
          find="        .selector =",
          put="        .ist = (uint8_t)(handler >> 16) & 7, .selector =",
          test="gate_fields",
          says="IST"),
    Wrong("1.4", "the handler of the first call",
          find="    return (struct gate){",
          put="""    static uint64_t first;
    handler = first = first ? first : handler;
    return (struct gate){""",
          test="all_gates",
          says="interrupt gate to"),
]

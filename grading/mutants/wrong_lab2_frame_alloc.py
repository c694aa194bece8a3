"""Exercise 2.1, frame_alloc: the usual mistakes, one at a time."""
from ringstep.grading.rows import Wrong

WRONG = [
    Wrong("2.1", "frame handed out twice",
          find=("            fresh++;\n"
                "            return frame;"),
          put="            return frame;",
          test="no_frame_twice",
          says="2.1",
          shows="a frame was handed out twice"),
    Wrong("2.1", "used frames not zeroed",
          find="    memset(phys_to_virt(frame), 0, PAGE_SIZE);\n",
          put="",
          test="frames_are_zeroed",
          says="zeroes",
          shows="was used and given back, and comes again not filled with zeroes"),
    Wrong("2.1", "one frame behind the end of a region",
          find="if (frame.raw < memory_regions[region].end)",
          put="if (frame.raw <= memory_regions[region].end)",
          test="frames_are_usable",
          says="the first byte behind that region",
          shows="a frame of the kernel's own image: is it the end of a region in"),
    Wrong("2.1", "one frame of the kernel's behind a region",
          find="if (frame.raw < memory_regions[region].end)",
          put="if (frame.raw <= memory_regions[region].end)",
          test="frames_are_free",
          says="the first byte behind that region",
          shows="a frame of the kernel's own image: is it the end of a region in"),
    Wrong("2.1", "only the first region",
          find="for (; region < memory_region_count; region++, fresh = 0)",
          put="for (; region < 1; region++, fresh = 0)",
          test="all_memory_is_handed_out",
          says="frames in the first round",
          shows="frames were free, and frame_alloc() gave"),
    Wrong("2.1", "freed frames forgotten",
          find="    freed = frame;\n",
          put="",
          test="all_memory_is_handed_out",
          says="2.1",
          shows="frames were free, and frame_alloc() gave"),
    Wrong("2.1", "count not lowered",
          find="        freed_count--;\n",
          put="",
          test="frames_are_counted",
          says="count",
          shows="should be free; frame_free_count() says"),
    Wrong("2.1", "frames in use counted as free",
          find="    return count - fresh;\n",
          put="    return count;\n",
          test="frames_are_counted",
          says="frames taken a count of",
          shows="should be free; frame_free_count() says"),
    Wrong("2.1", "first MiB handed out",
          find="memory_regions[region].start + fresh * PAGE_SIZE",
          put="memory_regions[region].start + fresh * PAGE_SIZE - 0x1000",
          test="frames_are_usable",
          says="firmware",
          shows="is no usable frame"),
    Wrong("2.1", "no memory above 16 MiB",
          find="if (frame.raw < memory_regions[region].end)",
          put="if (frame.raw < memory_regions[region].end && frame.raw < 16 << 20)",
          test="large_memory_is_handed_out",
          says="frames from a machine with 32 MiB"),
    Wrong("2.1", "zeroes go on into the next frame",
          find="memset(phys_to_virt(frame), 0, PAGE_SIZE);",
          put=("memset(phys_to_virt(frame), 0, PAGE_SIZE + 8 * frame_is_usable(phys(frame.raw + "
               "PAGE_SIZE)));"),
          test="frames_in_use_are_left_alone",
          says="written to by a later",
          shows="frames were free, and frame_alloc() gave"),
    Wrong("2.1", "eight bytes before the frame are cleared, too",
          find="    memset(phys_to_virt(frame), 0, PAGE_SIZE);\n",
          put="""    memset(phys_to_virt(frame), 0, PAGE_SIZE);
    if (frame_is_usable(phys(frame.raw - PAGE_SIZE)))
        *((uint64_t *)phys_to_virt(frame) - 1) = 0;
""",
          test="frames_in_use_are_left_alone",
          says="written to by a later",
          shows="is in use, and was written to when another one was taken"),
    Wrong("2.1", "frames from somewhere else when none is left",
          find=("        if (frame.raw == FRAME_NONE.raw)\n"
                "            return FRAME_NONE;\n"),
          put="""        static uint64_t more = 0xC00000;
        if (frame.raw == FRAME_NONE.raw && more < 0xD00000)
            return phys(more += PAGE_SIZE);
        if (frame.raw == FRAME_NONE.raw)
            return FRAME_NONE;
""",
          test="no_frame_twice",
          says="came twice",
          source="https://github.com/NON-OS/nonos-micro-kernel/issues/400",
          shows="is no usable frame"),
    Wrong("2.1", "the count falls though no frame is left",
          find=("        if (frame.raw == FRAME_NONE.raw)\n"
                "            return FRAME_NONE;\n"),
          put="""        if (frame.raw == FRAME_NONE.raw) {
            freed_count--;
            return FRAME_NONE;
        }
""",
          test="frames_are_counted",
          says="a count of",
          shows="no frame is left, and frame_free_count() says"),
    Wrong("2.1", "what lies between the regions, too",
          find="if (frame.raw < memory_regions[region].end)",
          put="if (frame.raw < memory_regions[memory_region_count - 1].end)",
          test="frames_are_usable",
          says="a frame of the kernel's own image",
          source="https://github.com/NightFox-YT/Realix/pull/35",
          shows="a frame of the kernel's own image: is it the end of a region in"),
    Wrong("2.1", "the last word keeps what it held",
          find="memset(phys_to_virt(frame), 0, PAGE_SIZE);",
          put="memset(phys_to_virt(frame), 0, PAGE_SIZE - 8);",
          test="frames_are_zeroed",
          says="zeroes",
          shows="was used and given back, and comes again not filled with zeroes"),
    Wrong("2.1", "free frames counted once",
          find="    uint64_t count = freed_count;\n",
          put="""    static uint64_t counted;
    uint64_t count = freed_count;
    if (counted)
        return counted;
    counted = frame_usable_count();
""",
          test="frames_are_counted",
          says="a count of",
          shows="should be free; frame_free_count() says"),
]
